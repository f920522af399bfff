"""What is logged of a run."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError
from lavincli.train.objective import Figures
from lavincli.train.world import World

log = logging.getLogger(__name__)
Report = Callable[[int, Figures], None]


class Record:
    """`log.jsonl`: a line of averaged figures every few steps. Lines past the checkpoint resumed from are dropped.

    The figures of a step are means over the processes; only the first process has the file.
    """

    def __init__(self, path: Path, done: int, every: int, world: World, report: Report | None) -> None:
        self._path, self._every, self._world, self._report = path, every, world, report
        self._lines: list[dict[str, Any]] = []
        if world.is_first:
            self._lines = [line for line in _read_lines(path) if line["step"] <= done]
            atomic_write_text(path, "".join(json.dumps(line) + "\n" for line in self._lines))
        self._seconds = max((line["seconds"] for line in self._lines), default=0.0)
        self._started = time.monotonic()
        self._sums: dict[str, list[float]] = {}

    def add(self, step: int, figures: Figures) -> None:
        """Take in a step's figures of this process; every few steps their means are written."""
        for key, value in figures.items():
            self._sums.setdefault(key, []).append(value)
        if step % self._every == 0:
            means = self._world.mean([sum(values) / len(values) for values in self._sums.values()])
            self.write(step, dict(zip(self._sums, means, strict=True)))
            self._sums.clear()

    def write(self, step: int, figures: Figures) -> None:
        """Write a line of figures that are the same on all processes."""
        if not self._world.is_first:
            return
        seconds = round(self._seconds + time.monotonic() - self._started, 1)
        line = {"step": step, "seconds": seconds, **{k: float(f"{v:.6g}") for k, v in figures.items()}}
        self._lines.append(line)
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if self._report:
            self._report(step, figures)

    def summary(self) -> Mapping[str, float]:
        """The last value of every figure."""
        return {key: value for line in self._lines for key, value in line.items()}


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """What was logged; a last line that a full disk or a power cut left unfinished is dropped."""
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
