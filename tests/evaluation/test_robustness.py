"""What goes wrong on the way: one line that says so, and what was finished is kept."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, overload

import pytest

from lavincli.cards.task import Task
from lavincli.cli.main import main
from lavincli.clip import Clip, Sample
from lavincli.evaluation.evaluate import TaskEvaluation
from tests.evaluation.test_results_folder import timeless
from tests.small_tasks import picture


@pytest.fixture
def common(tiny_model_directory: Path, small_tasks: Path) -> list[str]:
    return ["--model", str(tiny_model_directory), "--device", "cpu", "--draws", "1"]


class _Breaking(Sequence[Sample]):
    """A data set whose third item makes its loader raise what no loader should."""

    def __len__(self) -> int:
        return 4

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        assert isinstance(index, int)
        if index == 2:
            raise KeyError("annotations")
        return Sample(f"{index}.png", input=picture(index, 32, 32), target=255 - picture(index, 32, 32))


class _Fickle:
    """A metric that finds no number for dark truths, or for all of a set."""

    higher_is_better = MappingProxyType({"fickle": True})
    of_the_set = False

    def __init__(self) -> None:
        self.levels: list[float] = []

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        self.levels.append(float(target.mean()))

    def merge(self, other: _Fickle) -> None:
        self.levels.extend(other.levels)

    def compute(self) -> dict[str, float]:
        bad = len(self.levels) > 1 if self.of_the_set else len(self.levels) == 1 and self.levels[0] < 128
        return {"fickle": math.nan if bad else sum(self.levels)}


def test_a_loader_that_fails_midway_costs_its_item(
    common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Task, "samples", lambda *_, **__: _Breaking())
    assert main(["eval", "--task", "small_negative", *common, "-o", str(tmp_path)]) == 3
    assert "small_negative: item 2: KeyError: 'annotations'" in capsys.readouterr().err
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["tasks"][0]["items"] == 3
    assert results["tasks"][0]["failures"] == [{"item": "item 2", "error": "KeyError: 'annotations'"}]
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 3


def test_a_loader_that_cannot_start_costs_its_task(
    common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = Task.samples

    def broken(found: Task, *given: Any) -> Any:
        if found.name == "small_negative":
            raise RuntimeError("index out of date")
        return samples(found, *given)

    monkeypatch.setattr(Task, "samples", broken)
    arguments = ["eval", "--task", "small_negative", "--task", "small_denoising", *common, "--limit", "1"]
    assert main([*arguments, "-o", str(tmp_path)]) == 3
    assert "small_negative: RuntimeError: index out of date" in capsys.readouterr().err
    results = json.loads((tmp_path / "results.json").read_text())
    assert [result["task"] for result in results["tasks"]] == ["small_denoising"]
    failure = {"task": "small_negative", "dataset": "pictures", "error": "RuntimeError: index out of date"}
    assert results["failed"] == [failure]


def test_a_metric_that_finds_no_number_costs_its_item(
    common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Task, "metrics", property(lambda task: {"fickle": _Fickle()}))
    monkeypatch.setattr(Task, "headline", property(lambda task: "fickle"))
    code = main(["eval", "--task", "small_negative", *common, "-o", str(tmp_path)])
    (found,) = json.loads((tmp_path / "results.json").read_text())["tasks"]
    assert (code, found["items"] + len(found["failures"])) == (3, 5)
    assert 0 < found["items"] < 5
    assert "metric fickle: fickle is not a number (NaN) for this item" in capsys.readouterr().err
    monkeypatch.setattr(_Fickle, "of_the_set", True)
    assert main(["eval", "--task", "small_negative", *common, "-o", str(tmp_path)]) == 3
    assert "fickle: is not a number over the whole set" in capsys.readouterr().err
    (found,) = json.loads((tmp_path / "results.json").read_text())["tasks"]
    assert found["metrics"]["fickle"]["model"]["mean"] is None
    assert found["notes"] == ["fickle: is not a number over the whole set"]


def test_a_full_disk_ends_the_run_and_keeps_what_is_done(
    common: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = TaskEvaluation._scored

    def full(evaluation: TaskEvaluation, case: Any, *rest: Any) -> Any:
        if case.pair.key.startswith("3"):
            raise OSError(28, "No space left on device", str(tmp_path))
        return scored(evaluation, case, *rest)

    monkeypatch.setattr(TaskEvaluation, "_scored", full)
    arguments = ["eval", "--task", "small_negative", *common, "-o", str(tmp_path)]
    assert main(arguments) == 1
    assert f"lavin: error: No space left on device: {tmp_path}" in capsys.readouterr().err
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 3
    assert not (tmp_path / "results.json").exists()


def _predictions(folder: Path) -> list[Path]:
    return [path for path in folder.glob("predictions/*/*.png") if not path.name.startswith(".")]


def test_after_a_kill_only_the_rest_is_answered(common: list[str], tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    arguments = ["eval", "--task", "small_denoising", *common, "--batch-size", "1", "--grid", "uniform:16", "-o"]
    assert main([*arguments, str(whole)]) == 0
    process = subprocess.Popen([sys.executable, "-m", "lavincli", *arguments, str(killed)], stdout=subprocess.DEVNULL)
    waited = time.monotonic()
    while not _predictions(killed):
        assert process.poll() is None
        assert time.monotonic() - waited < 90
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in _predictions(killed)}
    assert 0 < len(kept) < 5
    assert not (killed / "results.json").exists()
    assert main([*arguments, str(killed), "--batch-size", "3"]) == 0
    assert timeless(killed) == timeless(whole)
    assert (killed / "results.jsonl").read_text() == (whole / "results.jsonl").read_text()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(_predictions(killed)) == 5


def test_shares_of_the_work_add_up_to_the_same_results(common: list[str], tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    arguments = ["eval", "--task", "small_denoising", "--task", "small_mask", *common]
    assert main([*arguments, "-o", str(alone)]) == 3
    for number in (1, 2):
        assert main([*arguments, "-o", str(shared), "--shard", f"{number}/2"]) == 0
        assert len(_predictions(shared)) == (3, 5)[number - 1]
    assert not (shared / "results.json").exists()
    before = {path: path.stat().st_mtime_ns for path in _predictions(shared)}
    assert main([*arguments, "-o", str(shared)]) == 3
    assert timeless(shared) == timeless(alone)
    assert {path: path.stat().st_mtime_ns for path in _predictions(shared)} == before
