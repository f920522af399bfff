"""Runs that are cut off, and what is left of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.run import run
from lavincli.train.watch.watcher import SPEED, Watcher


class CutOffError(Exception):
    """Stands for whatever ends a process in the middle of a run."""


def cut_off_at(config: STVAETrainConfig | JDiTTrainConfig, last: int, *watchers: Watcher) -> None:
    """Train, and stop between step `last` and its checkpoint, after `watchers` have seen its figures."""

    class CutOff(Watcher):
        def on_figures(self, step: int, figures: dict[str, float]) -> None:
            if step == last:
                raise CutOffError

    try:
        run(config, [*watchers, CutOff()])
    except CutOffError:
        return
    raise AssertionError("the run ended before it was cut off")


def log_lines(out: Path) -> list[dict[str, Any]]:
    """The figures that a run logged, but for those of the machine, which differ from run to run."""
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if not key.startswith(SPEED)} for line in lines]


def same_weights(one: Path, other: Path, name: str) -> bool:
    """Whether two exports hold the same numbers, bit for bit."""
    mine, yours = (load_file(folder / f"{name}.safetensors") for folder in (one, other))
    return mine.keys() == yours.keys() and all(torch.equal(value, yours[key]) for key, value in mine.items())
