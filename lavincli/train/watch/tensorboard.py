"""The figures of a run as event files, for `tensorboard --logdir RUN`; where the package `tensorboard` is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lavincli.clip import Clip
from lavincli.train.objective import Figures
from lavincli.train.watch.watcher import Facts, Watcher

FOLDER = "tensorboard"


def is_installed() -> bool:
    """Whether there is TensorBoard."""
    return find_spec("tensorboard") is not None


class TensorBoard(Watcher):
    """Writes `RUN/tensorboard`. Raises ModuleNotFoundError at the start of a run where it isn't installed."""

    def __init__(self) -> None:
        self._writer: Any = None

    def on_start(self, facts: Facts) -> None:
        """Go on after the steps that are done: events of later ones, of a run that was cut off, are hidden."""
        # Takes two seconds to import.
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(facts.out / FOLDER), purge_step=facts.done + 1)

    def on_figures(self, step: int, figures: Figures) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def on_validation(self, step: int, figures: Figures) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(f"validation/{name}", value, step)
        self._writer.flush()

    def on_samples(self, step: int, sheet: Clip, path: Path) -> None:  # noqa: ARG002 - the picture itself is stored
        self._writer.add_image("samples", sheet[0], step, dataformats="HWC")

    def on_end(self) -> None:
        if self._writer is not None:
            self._writer.close()
