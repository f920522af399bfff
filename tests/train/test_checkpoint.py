"""Checkpoints: whole or absent, checked before they are trusted."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lavincli.errors import CheckpointError, LavinError
from lavincli.tensor_file import StoredTensors
from lavincli.train import checkpoint
from lavincli.train.checkpoint import About, Keep
from lavincli.train.config import OptimizerConfig
from lavincli.train.engine import Engine, LocalEngine
from lavincli.train.world import World

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


def save(
    folder: Path,
    step: int,
    trained: Mapping[str, Engine],
    keep: Keep | None = None,
    score: float | None = None,
) -> Path:
    return checkpoint.save(folder, About(step, score), trained, World(), keep or Keep())


def equal(one: Engines, other: Engines) -> bool:
    mine, yours = dict(one["net"].state()), dict(other["net"].state())
    return mine.keys() == yours.keys() and all(torch.equal(value, yours[key]) for key, value in mine.items())


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
    save(tmp_path, 5, first)
    second = engines(name=optimizer)
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert checkpoint.load(found, second).step == 5
    assert equal(first, second)
    advance(second, 5, 8)
    assert equal(whole, second)


def test_before_the_first_step(tmp_path: Path) -> None:
    save(tmp_path, 0, engines())
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert checkpoint.load(found, engines()).step == 0


def test_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path) is None


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    trained = engines()
    for step in (1, 2, 10, 11):
        save(tmp_path, step, trained)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000010", "step-00000011"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_newest_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], object]
) -> None:
    trained = engines()
    older = save(tmp_path, 1, trained)
    newer = save(tmp_path, 2, trained)
    damage(newer)
    with caplog.at_level(logging.WARNING):
        assert checkpoint.newest(tmp_path) == older
    assert f"{newer}: damaged" in caplog.text


def test_damaged_ones_do_not_outlive_intact_ones(tmp_path: Path) -> None:
    """Neither one of the same step nor one of a later step, which would count among the two that are kept."""
    trained = engines()
    last = [save(tmp_path, step, trained) for step in (1, 2, 3)][-1]
    truncate(last)
    again = save(tmp_path, 3, trained)
    assert checkpoint.newest(tmp_path) == again
    truncate(again)
    for step in (2, 4, 5):
        intact = save(tmp_path, step, trained)
        assert checkpoint.newest(tmp_path) == intact


@pytest.mark.parametrize("damage", DAMAGE)
def test_all_damaged_is_an_error(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    trained = engines()
    for step in (1, 2):
        damage(save(tmp_path, step, trained))
    with pytest.raises(CheckpointError, match="every checkpoint is damaged"):
        checkpoint.newest(tmp_path)


def test_unfinished_ones_are_cleaned_up(tmp_path: Path) -> None:
    whole = save(tmp_path, 1, engines())
    unfinished = tmp_path / ".tmp-step-00000002"
    unfinished.mkdir()
    (unfinished / "net.safetensors").write_bytes(b"half")
    assert checkpoint.newest(tmp_path) == whole
    assert not unfinished.exists()


class FailingEngine(LocalEngine):
    def state(self) -> Iterator[tuple[str, Tensor]]:
        raise OSError(28, "No space left on device")


def test_a_failed_save_leaves_what_was_there(tmp_path: Path) -> None:
    trained = engines()
    whole = save(tmp_path, 1, trained)
    failing = FailingEngine(nn.Linear(1, 1), OptimizerConfig(learning_rate=0.1), steps=1, ema_decay=0.9)
    with pytest.raises(LavinError, match=r"step-00000002: can't be saved \(No space left on device\); the checkpoints"):
        save(tmp_path, 2, trained | {"other": failing})
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
    path = save(tmp_path, 2, trained)
    with pytest.raises(CheckpointError, match="choose another `out`"):
        checkpoint.load(path, other())


def test_another_optimizer_is_told_the_other_way_round(tmp_path: Path) -> None:
    trained = engines(name="muon")
    advance(trained, 0, 2)
    with pytest.raises(CheckpointError, match="another optimiser"):
        checkpoint.load(save(tmp_path, 2, trained), engines())


def test_a_manifest_says_what_there_is(tmp_path: Path) -> None:
    path = save(tmp_path, 7, engines())
    manifest = json.loads((path / "manifest.json").read_text())
    assert manifest["step"] == 7
    assert manifest["files"]["net.safetensors"]["bytes"] == (path / "net.safetensors").stat().st_size
    assert not any(suffix in {".pt", ".pkl"} for suffix in (file.suffix for file in path.iterdir()))


def test_the_best_is_kept_too(tmp_path: Path) -> None:
    trained = engines()
    for step, score in enumerate([0.5, -0.5, 0.7, 0.6, 0.1, 0.2], start=1):
        save(tmp_path, step, trained, score=score)
    save(tmp_path, 7, trained)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"step-{step:08d}" for step in (3, 6, 7)]
    assert checkpoint.best_score(tmp_path) == 0.7
    save(tmp_path, 8, trained, Keep(newest=1, best=False))
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000008"]
    assert checkpoint.best_score(tmp_path) is None


def test_a_score_that_is_no_number_is_not_the_best(tmp_path: Path) -> None:
    trained = engines()
    for step, score in enumerate([0.5, float("nan"), 0.1, 0.2], start=1):
        save(tmp_path, step, trained, Keep(newest=1), score)
        assert checkpoint.best_score(tmp_path) == 0.5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000001", "step-00000004"]


def test_a_checkpoint_of_an_older_lavin(tmp_path: Path) -> None:
    path = save(tmp_path, 1, engines())
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | {"format": 1}))
    with pytest.raises(CheckpointError, match=r"written by another version of lavin \(format 1, not 2\)"):
        checkpoint.load(path, engines())


def test_a_checkpoint_on_another_machine(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="all machines of a run need to see the same files"):
        checkpoint.load(tmp_path / "step-00000001", engines())


def test_what_was_measured_and_exported(tmp_path: Path) -> None:
    trained = engines()
    about = About(3, 0.5, {"latent_scale": 0.25})

    def export(folder: Path, stored: Mapping[str, StoredTensors]) -> None:
        folder.mkdir()
        (folder / "names").write_text(" ".join(stored["net"].under("average.")))

    path = checkpoint.save(tmp_path, about, trained, World(), Keep(), export)
    assert (path / "model" / "names").read_text().split() == sorted(trained["net"].module.state_dict())
    assert checkpoint.load(path, trained) == about
    (path / "model" / "names").write_text("other")
    with pytest.raises(CheckpointError, match="every checkpoint is damaged"):
        checkpoint.newest(tmp_path)


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: what was there stays, nothing half written does."""
    code = """
import resource, signal, sys
from pathlib import Path
from tests.train.test_checkpoint import engines, save
folder = Path(sys.argv[1])
save(folder, 1, engines(width=64))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
save(folder, 2, engines(width=64))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "step-00000002: can't be saved (File too large); the checkpoints before it are kept" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]
    assert checkpoint.newest(tmp_path) is not None
