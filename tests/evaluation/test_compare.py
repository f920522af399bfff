"""Comparing results: differences that are paired, and refusals that say why."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import lavincli
from lavincli.cards.task import Task
from lavincli.cli.main import main
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.evaluation.compare import Difference, Refusal, compare
from lavincli.evaluation.evaluate import EvaluationSettings
from lavincli.evaluation.run import Writing, evaluate
from lavincli.pipeline.pipeline import Pipeline
from lavincli.registry import task

FEW = EvaluationSettings(pairs=1, draws=2)


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


class _Brightest:
    """A score that only a set has: the mean of the two brightest predictions."""

    higher_is_better = MappingProxyType({"brightest": True})

    def __init__(self) -> None:
        self.levels: list[float] = []

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        self.levels.append(float(prediction.mean()))

    def merge(self, other: _Brightest) -> None:
        self.levels.extend(other.levels)

    def compute(self) -> dict[str, float]:
        return {"brightest": float(np.mean(sorted(self.levels)[-2:]))}


def run(
    pipeline: Pipeline, folder: Path, settings: EvaluationSettings, names: Sequence[str] = ("small_negative",)
) -> Path:
    evaluate(pipeline, [task(name) for name in names], settings, writing=Writing(output=folder, pictures=0))
    return folder


def refusal(folders: Sequence[Path]) -> str:
    (found,) = compare(folders)
    assert isinstance(found, Refusal)
    return found.reason


def test_differences_are_paired_by_item(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    one = run(pipeline, tmp_path / "one", FEW)
    two = run(pipeline, tmp_path / "two", dataclasses.replace(FEW, pairs=3, draws=1))
    found = [difference for difference in compare([one, two, one]) if isinstance(difference, Difference)]
    mse, _, same, _ = found
    lines = [
        [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()] for folder in (one, two)
    ]
    keys = sorted({line["key"] for line in lines[0]})
    means = [[np.mean([line["scores"]["mse"] for line in run if line["key"] == key]) for key in keys] for run in lines]
    gains = np.subtract(means[1], means[0])
    assert mse.difference is not None
    assert mse.difference == pytest.approx(gains.mean())
    assert mse.interval is not None
    # Paired: the spread is that of the differences, and not that of the scores.
    draws = np.random.default_rng(1).choice(gains, (4000, len(gains))).mean(axis=1)
    assert mse.interval == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.15 * np.ptp(draws))
    assert (mse.metric, mse.headline, mse.items) == ("mse", True, 5)
    assert (same.difference, same.interval, same.better) == (0, (0, 0), None)
    outside = mse.interval[0] > 0 or mse.interval[1] < 0
    assert mse.better == ((str(two) if mse.difference < 0 else str(one)) if outside else None)


def test_scores_of_sets_are_paired_by_resample(
    pipeline: Pipeline, small_tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Task, "metrics", property(lambda task: {"brightest": _Brightest()}))
    monkeypatch.setattr(Task, "headline", property(lambda task: "brightest"))
    one = run(pipeline, tmp_path / "one", FEW)
    two = run(pipeline, tmp_path / "two", dataclasses.replace(FEW, pairs=3))
    (found,) = compare([one, two])
    assert isinstance(found, Difference)
    assert found.interval is not None
    assert found.difference is not None
    assert found.interval[0] <= found.difference <= found.interval[1]
    (tmp_path / "one" / "resamples.npz").unlink()
    (found,) = compare([one, two])
    assert isinstance(found, Difference)
    assert found.interval is None


def test_what_is_not_comparable_is_refused(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    one = run(pipeline, tmp_path / "one", FEW)
    fewer = run(pipeline, tmp_path / "two", dataclasses.replace(FEW, limit=3))
    assert refusal([one, fewer]) == "another number of items: 5 and 3"

    def changed(**values: Any) -> Path:
        results = json.loads((one / "results.json").read_text())
        results["tasks"][0].update(values)
        (tmp_path / "changed").mkdir(exist_ok=True)
        (tmp_path / "changed" / "results.json").write_text(json.dumps(results))
        (tmp_path / "changed" / "results.jsonl").write_text((one / "results.jsonl").read_text())
        return tmp_path / "changed"

    assert refusal([one, changed(card_version=2)]) == "another version of the card: 1 and 2"
    assert refusal([one, changed(split="train")]) == "another split: test and train"
    assert refusal([one, changed(keys_hash="0")]) == "other items: their keys are not the same"
    assert refusal([one, changed(data_hash="0")]) == "the items have the same keys, but other contents"
    assert refusal([one, changed(scored_at="own size")]) == "scored at another size: model's size and own size"
    assert refusal([one, changed(dataset="mine")]) == "measured on pictures and on mine: other data"
    assert "another alignment" in refusal([one, changed(alignments={"mse": "scale"})])
    with pytest.raises(InputError, match="have no task in common"):
        list(compare([one, changed(task="others")]))
    with pytest.raises(InputError, match="two results folders or more"):
        list(compare([one]))


def test_another_seed_draws_other_inputs(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    folders = [
        run(pipeline, tmp_path / str(seed), dataclasses.replace(FEW, seed=seed, draws=1), ["small_denoising"])
        for seed in (0, 1)
    ]
    assert "seeds 0 and 1 may have drawn other inputs" in refusal(folders)


def test_the_command_prints_compares_and_refuses(
    pipeline: Pipeline, small_tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = ["small_negative", "small_denoising"]
    one = run(pipeline, tmp_path / "one", dataclasses.replace(FEW, limit=2, draws=1), both)
    two = run(pipeline, tmp_path / "two", dataclasses.replace(FEW, limit=2, draws=1, seed=1), both)
    assert main(["eval", "compare", str(one), str(two)]) == 3
    out, err = capsys.readouterr()
    assert "small_negative" in out
    assert "small_denoising" not in out
    assert "small_denoising:" in err
    assert main(["eval", "compare", str(one), str(one), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["task"] for line in lines} == set(both)
    assert {line["difference"] for line in lines} == {0}
    assert main(["eval", "compare", str(one), str(tmp_path / "nothing")]) == 1
    assert "no results of 'lavin eval -o' here" in capsys.readouterr().err
