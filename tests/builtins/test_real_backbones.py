"""LPIPS and FID without their backbones: what a card that asks for them says, and when."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from lavincli.builtins.frechet_distance import FrechetDistance
from lavincli.builtins.perceptual_distance import PerceptualDistance
from lavincli.errors import CardError, InputError
from lavincli.registry import task as find_task
from tests.small_tasks import picture, write_small_tasks

INSTALL = r"pip install 'lavin\[metrics\]'"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a package look as if it were not installed."""
    return lambda package: monkeypatch.setitem(sys.modules, package, None)


def write_card(root: Path, metrics: str) -> Path:
    card = write_small_tasks(root) / "small_denoising" / "task.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("[psnr, ssim]", metrics), encoding="utf-8")
    return card


def test_a_card_that_asks_for_them_can_be_used_up_to_the_first_score(
    tmp_path: Path, without: Callable[[str], None]
) -> None:
    without("torchvision")
    without("torch_fidelity")
    both = "[{perceptual_distance: {features: lpips, net: vgg}}, {frechet_distance: {features: inception}}]"
    task = find_task(write_card(tmp_path, both))
    assert task.higher_is_better == {"lpips": False, "fid": False}
    clip = picture(0, 64, 64)
    for metric, package in zip(task.metrics.values(), ("torchvision", "torch-fidelity"), strict=True):
        with pytest.raises(InputError, match=rf"needs {package}, which is not installed; install it with: {INSTALL}"):
            metric.update(clip, clip)


def test_torchvision_for_another_pytorch_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    with pytest.raises(InputError, match=rf"doesn't work with this PyTorch \(operator .*{INSTALL}"):
        PerceptualDistance(features="lpips").update(picture(0, 64, 64), picture(1, 64, 64))


def test_the_extra_that_errors_name_is_there() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = {requirement.partition(">")[0] for requirement in project["optional-dependencies"]["metrics"]}
    assert packages == {"torchvision", "torch-fidelity"}


def test_their_names_are_theirs_alone(tmp_path: Path) -> None:
    assert list(PerceptualDistance().higher_is_better) == ["perceptual_distance"]
    assert list(FrechetDistance().higher_is_better) == ["frechet_distance"]
    task = find_task(write_card(tmp_path, "[{frechet_distance: {features: lpips}}]"))
    with pytest.raises(CardError, match="frechet_distance: features is 'model', 'inception' or a torch module"):
        _ = task.metrics
