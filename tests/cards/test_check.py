from __future__ import annotations

from pathlib import Path

import pytest

import lavincli
from lavincli.cards.check import check_task
from lavincli.cards.summary import describe, summarise
from lavincli.errors import UnknownNameError
from lavincli.registry import task as find_task
from tests.fake_plugins import install_plugin

TEN = {
    "colorization",
    "inpainting",
    "deraining",
    "gaussian_deblurring",
    "motion_deblurring",
    "denoising",
    "super_resolution",
    "jpeg_artifact_removal",
    "edge_detection",
    "foreground_segmentation",
}


@pytest.mark.parametrize("name", sorted(TEN))
def test_every_task_is_in_order(name: str) -> None:
    task = lavincli.tasks()[name]
    checks = check_task(task, size=64, limit=2)
    assert [check.what for check in checks[:2]] == ["card", "context"]
    assert len(checks) == 2 + len(task.datasets)
    assert [check for check in checks if not check.ok] == []
    assert checks[-1].scores[task.headline] in (float("inf"), 0.0, pytest.approx(1.0))


@pytest.mark.parametrize("name", sorted(TEN))
def test_every_task_folder_is_complete(name: str) -> None:
    task = lavincli.tasks()[name]
    pairs = task.context_pairs()
    assert 4 <= len(pairs) <= 8
    assert all(pair.input.shape == pair.target.shape == (1, 256, 256, 3) for pair in pairs)
    readme = (task.folder / "README.md").read_text(encoding="utf-8")
    for heading in ("Paper", "Data", "Metrics", "Context set", "Versions"):
        assert f"\n## {heading}\n" in readme
    assert all(f"`{pair.key}`" in readme for pair in pairs)
    assert f"\n{task.card.version}. " in readme.split("## Versions")[1]
    described = describe(task)
    assert described["headline"] == task.headline
    assert described["readme"] is not None
    assert summarise(task).problem is None


def test_bad_data_set_fails_its_own_check_only(tmp_path: Path) -> None:
    checks = check_task(find_task("denoising"), {"photos": tmp_path / "nowhere"})
    assert [check.ok for check in checks] == [True, True, False]
    assert "no such folder" in checks[-1].detail
    with pytest.raises(UnknownNameError):
        check_task(find_task("denoising"), {"photo": tmp_path})


LOSSY = """
    from lavincli.hookspecs import hookimpl

    class Lossy:
        def render(self, value):
            return value
        def decode(self, rgb, *, context=(), query=None):
            return rgb // 2
        def save(self, value, path_without_suffix):
            return []

    @hookimpl
    def lavin_codecs():
        return {"lossy": Lossy}
"""


def test_codec_that_loses_something_is_found(tmp_path: Path, plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_lossy", LOSSY)
    card = "name: lost\ntarget: {codec: lossy}\ninput: {transform: grayscale}\n"
    card += "data: {p: {loader: image_folder}}\nmetrics: [mse]\n"
    (tmp_path / "task.yaml").write_text(card, encoding="utf-8")
    found = check_task(find_task(tmp_path))[-1]
    assert not found.ok
    assert "truth rendered and decoded scores mse" in found.detail


def test_post_processing_leaves_truths_alone(tmp_path: Path) -> None:
    card = "name: kept\ntarget: {codec: rgb, keep_luminance: true, paste_known: true}\ninput: {transform: grayscale}\n"
    card += "data: {p: {loader: image_folder}}\nmetrics: [mse]\n"
    (tmp_path / "task.yaml").write_text(card, encoding="utf-8")
    assert check_task(find_task(tmp_path))[-1].ok
