"""The loss curve of a run that was trained, read from what it wrote down."""

from __future__ import annotations

import math
from pathlib import Path

from lavincli.errors import ConfigError
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.recipe import RESOLVED, read_recipe
from lavincli.train.watch.curve import digest
from lavincli.train.watch.json_lines import LOG, read_log


def run_of(recipe: STVAETrainConfig | JDiTTrainConfig, folder: Path) -> STVAETrainConfig | JDiTTrainConfig:
    """The settings that a run's folder was trained with.

    Raises ConfigError for a folder that is no run, or whose settings that matter aren't the recipe's.
    """
    if not (folder / RESOLVED).is_file():
        raise ConfigError(f"{folder}: not a training run, it has no {RESOLVED}")
    config = read_recipe(str(folder / RESOLVED))
    if digest(config) != digest(recipe):
        raise ConfigError(f"{folder}: trained with other settings than the recipe's, so that they can't be compared")
    return config


def logged_windows(folder: Path, figure: str, window: int, count: int) -> list[float]:
    """Means of a figure over the first `count` windows of `window` steps; NaN for one without a finite figure.

    Raises ConfigError for a run with fewer steps, or with lines that don't end where windows end.
    """
    lines = [line for line in read_log(folder / LOG) if figure in line or "skipped" in line]
    windows: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    before = 0
    for line in lines:
        step, value = line["step"], line.get(figure)
        place = (step - 1) // window
        if place >= count:
            break
        if before < place * window:
            raise ConfigError(f"{folder}: it was logged every {step - before} steps, which are no part of {window}")
        windows[place].append((step - before, math.nan if value is None else value))
        before = step
    if before < window * count:
        raise ConfigError(f"{folder}: it has {before} steps in its log, fewer than the {window * count} of a curve")
    return [sum(steps * value for steps, value in part) / window for part in windows]
