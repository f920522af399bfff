"""log.jsonl: a line for everything that was found, going on where a run does."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from lavincli.errors import ConfigError
from lavincli.train.watch.json_lines import JsonLines, read_log
from lavincli.train.watch.watcher import SPEED, Facts


def facts(out: Path, done: int) -> Facts:
    return Facts("run", out, done, 100, lambda: "")


def test_lines_past_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first = JsonLines(path)
    first.on_start(facts(tmp_path, 0))
    for step in (10, 20, 30):
        first.on_figures(step, {"loss": 1 / step, SPEED + "samples": 5.0})
    second = JsonLines(path)
    second.on_start(facts(tmp_path, 20))
    second.on_figures(30, {"loss": 0.123456789})
    second.on_validation(30, {"psnr": 20.0})
    assert [line["step"] for line in read_log(path)] == [10, 20, 30, 30]
    assert [line.get("loss") for line in read_log(path)] == [0.1, 0.05, 0.123457, None]
    assert second.summary() == {"step": 30, "seconds": pytest.approx(0, abs=5), "loss": 0.123457, "psnr": 20.0}


def test_every_line_is_json(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = JsonLines(path)
    lines.on_start(facts(tmp_path, 0))
    lines.on_figures(1, {"loss": 2.0})
    lines.on_figures(2, {"loss": math.inf, "psnr": math.nan})

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    found = [json.loads(text, parse_constant=refuse) for text in path.read_text().splitlines()]
    assert [line["loss"] for line in found] == [2.0, None]
    assert lines.summary()["loss"] == 2.0


def test_a_line_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1, "seconds": 0}\n{"step": \n{"step": 3, "seconds": 1}\n')
    with pytest.raises(ConfigError, match="line 2 is not JSON"):
        read_log(path)
    path.write_text('{"step": 1, "seconds": 0}\n{"step": ')
    assert [line["step"] for line in read_log(path)] == [1]
