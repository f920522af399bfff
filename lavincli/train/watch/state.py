"""What there is to show of a run at a moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from lavincli.clip import Clip
from lavincli.train.objective import Figures
from lavincli.train.watch.json_lines import LOG, read_log
from lavincli.train.watch.watcher import Facts, Watcher


class RunState(Watcher):
    """Keeps the newest figures and the curves of all.

    Attributes:
        facts: of the run; None before it begins.
        step: steps done.
        figures: the newest means of a few steps.
        curves: every figure's values until now, those of earlier starts too.
        validation: the newest validation: its step and figures.
        checkpoint: the newest one, and when it was saved.
        samples: the newest sheet.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.facts: Facts | None = None
        self.step = 0
        self.figures: Figures = {}
        self.curves: dict[str, list[float]] = {}
        self.validation: tuple[int, Figures] | None = None
        self.checkpoint: tuple[Path, float] | None = None
        self.samples: Path | None = None
        self._clock, self._started = clock, clock()

    def on_start(self, facts: Facts) -> None:
        self.facts, self.step, self._started = facts, facts.done, self._clock()
        for line in read_log(facts.out / LOG):
            if line["step"] <= facts.done:
                self._draw_on({key: value for key, value in line.items() if value is not None})

    def on_step(self, step: int) -> None:
        self.step = step

    def on_figures(self, step: int, figures: Figures) -> None:  # noqa: ARG002 - as told by on_step
        self.figures = figures
        self._draw_on(figures)

    def on_validation(self, step: int, figures: Figures) -> None:
        self.validation = step, figures

    def on_samples(self, step: int, sheet: Clip, path: Path) -> None:  # noqa: ARG002 - a watcher's arguments
        self.samples = path

    def on_checkpoint(self, step: int, path: Path) -> None:  # noqa: ARG002 - the path tells it
        self.checkpoint = path, self._clock()

    def seconds_left(self) -> float | None:
        """As long as the steps that are left take at the pace of this start, with all that is done between steps."""
        if self.facts is None or self.step == self.facts.done:
            return None
        pace = (self._clock() - self._started) / (self.step - self.facts.done)
        return pace * (self.facts.steps - self.step)

    def seconds_since_checkpoint(self) -> float | None:
        """The age of the newest checkpoint of this start."""
        return None if self.checkpoint is None else self._clock() - self.checkpoint[1]

    def _draw_on(self, figures: Figures) -> None:
        for key, value in figures.items():
            if math.isfinite(value):
                self.curves.setdefault(key, []).append(value)
