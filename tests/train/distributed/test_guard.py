"""Several processes judge alike, and drop a step wherever its gradient lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lavincli.train.jdit import JDiTObjective
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from lavincli.train.watch.json_lines import read_log
from tests.train.distributed.launching import assert_same, curve, train_many
from tests.train.distributed.poisoned_runs import INFINITE, LARGE, poison


@pytest.mark.timeout(600)  # ten seconds of an idle machine, but there may be others
def test_the_same_steps_are_not_taken(
    shared_recipe: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that is infinite on one process, and a gradient that is a spike, at every ZeRO stage and alone."""
    # The gradient's norm alone is to find the spike: DeepSpeed knows it late.
    recipe = shared_recipe("jdit", steps=9, validate_every=9, guard={"history": 4, "loss_deviations": None})
    monkeypatch.setattr(JDiTObjective, "_loss", JDiTObjective._loss)
    poison()
    run(read_recipe(recipe, [f"out={tmp_path / 'alone'}"]))
    lines = read_log(tmp_path / "alone" / "log.jsonl")
    assert [line["step"] for line in lines if "skipped" in line] == [INFINITE + 1, LARGE + 1]
    places = {
        "stage0": ["distributed.zero_stage=0"],
        "stage1": ["distributed.zero_stage=1"],
        "stage2-in-parts": ["distributed.zero_stage=2", "distributed.accumulation=2"],
        "stage3-offloaded": ["distributed.zero_stage=3", "distributed.offload=cpu"],
    }
    worker = "tests.train.distributed.poisoned_runs"
    train_many(2, *([recipe, f"out={tmp_path / name}", *changes] for name, changes in places.items()), worker=worker)
    for name in places:
        assert_same(curve(tmp_path / "alone"), curve(tmp_path / name), 1e-4, name)
