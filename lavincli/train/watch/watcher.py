"""What sees a training run go by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lavincli.clip import Clip
from lavincli.train.objective import Figures

SPEED = "speed/"
"""Figures below this name are of the machine that trains, and differ from run to run; all others don't."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run before it goes on.

    Attributes:
        name: of the folder that it writes to.
        out: that folder.
        done: steps that were done before.
        steps: how many there will be.
        waiting_for: names the processes that all others wait for; empty while none is late.
    """

    name: str
    out: Path
    done: int
    steps: int
    waiting_for: Callable[[], str]


class Watcher:
    """Sees a run; each kind overrides what it has a use for. Only the first process has any.

    The loop waits for each of these calls: those for every step have to be short.
    """

    def on_start(self, facts: Facts) -> None:
        """The run begins, or goes on."""

    def on_step(self, step: int) -> None:
        """So many steps are done."""

    def on_figures(self, step: int, figures: Figures) -> None:
        """The means of the last few steps."""

    def on_validation(self, step: int, figures: Figures) -> None:
        """What was found with held-out data."""

    def on_samples(self, step: int, sheet: Clip, path: Path) -> None:
        """A sheet of predictions, `[1, H, W, 3]`, has been written."""

    def on_checkpoint(self, step: int, path: Path) -> None:
        """A checkpoint is safe."""

    def on_end(self) -> None:
        """The run is over, however it ended."""
