"""A run where nobody looks at a terminal: a line in the log every few steps."""

from __future__ import annotations

import logging
from pathlib import Path

from lavincli.clip import Clip
from lavincli.train.objective import Figures
from lavincli.train.watch.state import RunState
from lavincli.train.watch.watcher import Facts
from lavincli.train.watch.wording import duration, losses, speeds

log = logging.getLogger(__name__)


class LogLines(RunState):
    """Logs the losses and the speed; those of single tasks are in `log.jsonl`."""

    def on_start(self, facts: Facts) -> None:
        super().on_start(facts)
        if facts.done:
            log.info("%s: going on after step %d of %d", facts.out, facts.done, facts.steps)

    def on_figures(self, step: int, figures: Figures) -> None:
        super().on_figures(step, figures)
        assert self.facts is not None
        shown = losses(figures) | {key: figures[key] for key in ("gradient",) if key in figures}
        words = [f"{key} {value:.4g}" for key, value in shown.items()] + speeds(figures)[:1]
        left = duration(self.seconds_left())
        log.info("step %d of %d  %s  %s left", step, self.facts.steps, "  ".join(words), left)

    def on_validation(self, step: int, figures: Figures) -> None:
        super().on_validation(step, figures)
        log.info("step %d  %s", step, "  ".join(f"{key} {value:.4g}" for key, value in figures.items()))

    def on_samples(self, step: int, sheet: Clip, path: Path) -> None:
        super().on_samples(step, sheet, path)
        log.info("step %d  samples in %s", step, path)
