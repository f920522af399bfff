"""Checkpoints: whole or absent, checked before they are trusted."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from lavincli.errors import CheckpointError
from lavincli.train import checkpoint
from lavincli.train.config import OptimizerConfig
from lavincli.train.engine import LocalEngine, State

Engines = dict[str, LocalEngine]


def engines(width: int = 4, **settings: str) -> Engines:
    torch.manual_seed(0)
    module = nn.Sequential()
    module.add_module("blocks", nn.Sequential(nn.Linear(3, width), nn.Linear(width, 3)))
    config = OptimizerConfig.model_validate({"learning_rate": 0.01, "warmup_steps": 0} | settings)
    return {"net": LocalEngine(module, config, steps=20, ema_decay=0.9)}


def advance(trained: Engines, first: int, last: int) -> None:
    engine = trained["net"]
    for step in range(first, last):
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(step))
        engine.backward(engine.module(x).square().mean())
        engine.step(step)


def equal(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[key]) for key, value in one.items())


def truncate(path: Path) -> None:
    content = (path / "net.safetensors").read_bytes()
    (path / "net.safetensors").write_bytes(content[: len(content) // 2])


def flip_a_bit(path: Path) -> None:
    content = bytearray((path / "net.safetensors").read_bytes())
    content[-1] ^= 1
    (path / "net.safetensors").write_bytes(bytes(content))


DAMAGE: list[Callable[[Path], object]] = [
    truncate,
    flip_a_bit,
    lambda path: (path / "net.safetensors").unlink(),
    lambda path: (path / "manifest.json").unlink(),
    lambda path: (path / "manifest.json").write_text('{"format": 1, "ste'),
]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_going_on_is_as_if_never_stopped(tmp_path: Path, optimizer: str) -> None:
    whole = engines(name=optimizer)
    advance(whole, 0, 8)
    first = engines(name=optimizer)
    advance(first, 0, 5)
    checkpoint.save(tmp_path, 5, first)
    second = engines(name=optimizer)
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert checkpoint.load(found, second) == 5
    advance(second, 5, 8)
    assert equal(whole["net"].state(), second["net"].state())
    assert equal(whole["net"].averaged(), second["net"].averaged())


def test_before_the_first_step(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 0, engines())
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert checkpoint.load(found, engines()) == 0


def test_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path) is None


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    trained = engines()
    for step in (1, 2, 10, 11):
        checkpoint.save(tmp_path, step, trained)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000010", "step-00000011"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_newest_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], object]
) -> None:
    trained = engines()
    older = checkpoint.save(tmp_path, 1, trained)
    newer = checkpoint.save(tmp_path, 2, trained)
    damage(newer)
    with caplog.at_level(logging.WARNING):
        assert checkpoint.newest(tmp_path) == older
    assert f"{newer}: damaged" in caplog.text


def test_damaged_ones_do_not_outlive_intact_ones(tmp_path: Path) -> None:
    """Neither one of the same step nor one of a later step, which would count among the two that are kept."""
    trained = engines()
    last = [checkpoint.save(tmp_path, step, trained) for step in (1, 2, 3)][-1]
    truncate(last)
    again = checkpoint.save(tmp_path, 3, trained)
    assert checkpoint.newest(tmp_path) == again
    truncate(again)
    for step in (2, 4, 5):
        intact = checkpoint.save(tmp_path, step, trained)
        assert checkpoint.newest(tmp_path) == intact


@pytest.mark.parametrize("damage", DAMAGE)
def test_all_damaged_is_an_error(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    trained = engines()
    for step in (1, 2):
        damage(checkpoint.save(tmp_path, step, trained))
    with pytest.raises(CheckpointError, match="every checkpoint is damaged"):
        checkpoint.newest(tmp_path)


def test_unfinished_ones_are_cleaned_up(tmp_path: Path) -> None:
    whole = checkpoint.save(tmp_path, 1, engines())
    unfinished = tmp_path / ".tmp-step-00000002"
    unfinished.mkdir()
    (unfinished / "net.safetensors").write_bytes(b"half")
    assert checkpoint.newest(tmp_path) == whole
    assert not unfinished.exists()


class FailingEngine(LocalEngine):
    def state(self) -> State:
        raise OSError(28, "No space left on device")


def test_a_failed_save_leaves_what_was_there(tmp_path: Path) -> None:
    trained = engines()
    whole = checkpoint.save(tmp_path, 1, trained)
    failing = FailingEngine(nn.Linear(1, 1), OptimizerConfig(learning_rate=0.1), steps=1, ema_decay=0.9)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(tmp_path, 2, trained | {"other": failing})
    assert checkpoint.newest(tmp_path) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


@pytest.mark.parametrize(
    "other",
    [lambda: engines(width=5), lambda: engines(name="muon"), lambda: {"other": engines()["net"]}],
    ids=["network", "optimizer", "name"],
)
def test_another_recipe_is_told(tmp_path: Path, other: Callable[[], Engines]) -> None:
    trained = engines()
    advance(trained, 0, 2)
    path = checkpoint.save(tmp_path, 2, trained)
    with pytest.raises(CheckpointError, match="choose another `out`"):
        checkpoint.load(path, other())


def test_another_optimizer_is_told_the_other_way_round(tmp_path: Path) -> None:
    trained = engines(name="muon")
    advance(trained, 0, 2)
    with pytest.raises(CheckpointError, match="another optimiser"):
        checkpoint.load(checkpoint.save(tmp_path, 2, trained), engines())


def test_a_manifest_says_what_there_is(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path, 7, engines())
    manifest = json.loads((path / "manifest.json").read_text())
    assert manifest["step"] == 7
    assert manifest["files"]["net.safetensors"]["bytes"] == (path / "net.safetensors").stat().st_size
    assert not any(suffix in {".pt", ".pkl"} for suffix in (file.suffix for file in path.iterdir()))
