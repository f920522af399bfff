"""`log.jsonl`: what a run wrote down, a JSON object a line."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError
from lavincli.train.objective import Figures
from lavincli.train.watch.watcher import SPEED, Facts, Watcher

log = logging.getLogger(__name__)
LOG = "log.jsonl"


class JsonLines(Watcher):
    """Appends a line for every few steps, and for every validation; those past the checkpoint resumed from are dropped.

    step: the steps done. seconds: of training until then, over all starts. Then figures, six digits of each; null for
    one that isn't finite, which JSON has no form for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[dict[str, Any]] = []
        self._seconds, self._started = 0.0, time.monotonic()

    def on_start(self, facts: Facts) -> None:
        """Go on after the steps that are done."""
        self._lines = [line for line in read_log(self._path) if line["step"] <= facts.done]
        atomic_write_text(self._path, "".join(json.dumps(line) + "\n" for line in self._lines))
        self._seconds = max((line["seconds"] for line in self._lines), default=0.0)
        self._started = time.monotonic()

    def on_figures(self, step: int, figures: Figures) -> None:
        seconds = round(self._seconds + time.monotonic() - self._started, 1)
        line = {"step": step, "seconds": seconds, **{k: _short(v) for k, v in figures.items()}}
        self._lines.append(line)
        with self._path.open("a") as file:
            file.write(json.dumps(line, allow_nan=False) + "\n")

    def on_validation(self, step: int, figures: Figures) -> None:
        self.on_figures(step, figures)

    def summary(self) -> Mapping[str, float]:
        """The last value of every figure but those of the machine."""
        figures = {key: value for line in self._lines for key, value in line.items() if value is not None}
        return {key: value for key, value in figures.items() if not key.startswith(SPEED)}


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def read_log(path: Path) -> list[dict[str, Any]]:
    """What was logged; a last line that a full disk or a power cut left unfinished is dropped.

    Raises ConfigError for a line that is no JSON.
    """
    texts = path.read_text().splitlines() if path.exists() else []
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(texts, start=1):
        try:
            lines.append(json.loads(text))
        except ValueError as error:
            if number < len(texts):
                raise ConfigError(f"{path}: line {number} is not JSON; mend or delete the file") from error
            log.warning("%s: dropping line %d, which was not finished", path, number)
    return lines
