"""What a terminal shows of a run, and what a log does."""

from __future__ import annotations

import logging
import math
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from lavincli.train.watch.json_lines import JsonLines
from lavincli.train.watch.lines import LogLines
from lavincli.train.watch.view import LiveView
from lavincli.train.watch.watcher import SPEED, Facts, Watcher

TASKS = ("denoising", "depth_estimation", "video_instance_segmentation")
FIGURES = {
    "loss": 0.5,
    "gradient": 1.25,
    **{f"loss/{task}": 0.1 * (number + 1) for number, task in enumerate(TASKS)},
    "learning_rate": 3e-4,
    SPEED + "step_seconds": 0.5,
    SPEED + "waiting_seconds": 0.05,
    SPEED + "samples": 1280.0,
    SPEED + "tokens": 123456.0,
    SPEED + "utilisation": 0.41,
    SPEED + "memory_gb": 61.5,
}


def go(watcher: Watcher, out: Path, late: str = "") -> None:
    """A run from step 100 to step 160, with everything that there is to see."""
    watcher.on_start(Facts("some-run", out, 100, 1000, lambda: late))
    for step in range(110, 161, 10):
        watcher.on_step(step)
        watcher.on_figures(step, FIGURES | {"loss": 50 / step})
    watcher.on_validation(150, {"psnr": 23.25, "psnr/denoising": 30.0})
    watcher.on_checkpoint(160, out / "checkpoints" / "step-00000160")


def shown(view: LiveView, width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, record=True)
    console.print(view)
    return console.export_text().splitlines()


@pytest.mark.parametrize("width", [120, 80])
def test_all_of_it_is_shown(tmp_path: Path, width: int) -> None:
    view = LiveView(Console(file=StringIO(), width=width))
    late = "no progress for 60 s; waiting for rank 3 (node2, process 99)"
    go(view, tmp_path, late)
    lines = shown(view, width)
    view.on_end()
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for what in (
        "step 160 of 1,000",
        "16%",
        "0.3125",
        "41% of the matrix rate",
        "123,456 tokens/s",
        "10% of it waiting",
    ):
        assert what in text
    for what in ("61.5 GB", "validation at step 150: psnr 23.25", "step-00000160 saved 0 s ago", late, *TASKS[:2]):
        assert what in text
    assert "█▆▅▃▂▁" in text


def test_a_narrow_terminal_shows_what_fits(tmp_path: Path) -> None:
    view = LiveView(Console(file=StringIO(), width=40))
    go(view, tmp_path)
    lines = shown(view, 40)
    view.on_end()
    assert max(map(len, lines)) <= 40
    assert any(line.startswith("loss") and "0.3125" in line for line in lines)


def test_nothing_is_drawn_before_a_run_begins() -> None:
    assert shown(LiveView(Console(file=StringIO())), 80) == []


def test_curves_go_on_where_a_run_does(tmp_path: Path) -> None:
    """What an earlier start logged is part of them."""
    lines = JsonLines(tmp_path / "log.jsonl")
    lines.on_start(Facts("run", tmp_path, 0, 100, lambda: ""))
    for step in (50, 100, 150):
        lines.on_figures(step, {"loss": math.nan if step == 100 else float(step)})
    view = LiveView(Console(file=StringIO()))
    go(view, tmp_path)
    view.on_end()
    assert view.curves["loss"][0] == 50.0
    assert len(view.curves["loss"]) == 1 + 6


def test_a_log_has_a_line_for_every_few_steps(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        go(LogLines(), tmp_path)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == f"{tmp_path}: going on after step 100 of 1000"
    assert lines[1].startswith("step 110 of 1000  loss 0.4545  gradient 1.25  1,280 samples/s  ")
    assert lines[1].endswith(" left")
    assert lines[-1] == "step 150  psnr 23.25  psnr/denoising 30"
