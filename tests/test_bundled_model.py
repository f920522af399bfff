"""The model that travels with the package: its size, and that it does on real photos what its card says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lavincli.bundle import bundled_folder

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Headline scores of two tasks on six demo photos, with the right and with another task's context."""
    output = tmp_path_factory.mktemp("scores")
    asked = [f"--task={name}" for name in ("denoising", "edge_detection")]
    options = ["--limit=6", "--draws=1", "--wrong-context", f"--output={output}"]
    subprocess.run([sys.executable, "-m", "lavincli", "-q", "eval", *asked, *options], check=True, capture_output=True)
    results = json.loads((output / "results.json").read_text())
    return {task["task"]: task["metrics"][task["headline"]] for task in results["tasks"]}


def test_both_networks_fit_in_thirty_megabytes() -> None:
    files = list((bundled_folder("models") / "lavin-tiny").glob("*.safetensors"))
    assert len(files) == 2
    assert sum(file.stat().st_size for file in files) < 30 * MEGABYTE


@pytest.mark.parametrize(("task", "least"), [("denoising", 4.0), ("edge_detection", 0.1)])
def test_it_beats_the_better_trivial_answer(scores: dict[str, Any], task: str, least: float) -> None:
    assert scores[task]["margin"]["mean"] > least


def test_examples_of_a_restoration_task_make_edges_collapse(scores: dict[str, Any]) -> None:
    edges = scores["edge_detection"]
    assert edges["wrong_context"]["mean"] < max(score["mean"] for score in edges["baselines"].values())


def test_the_card_says_what_it_was_trained_on_and_what_it_cannot_do() -> None:
    card = Path(bundled_folder("models") / "lavin-tiny" / "README.md").read_text(encoding="utf-8")
    for heading in ("## How it was made", "## Data", "## What it scores", "## What it can't do"):
        assert heading in card
