"""What a training run asks of the network that it trains."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from lavincli.train.config import OptimizerConfig
from lavincli.train.engine import Engine
from lavincli.train.watch.samples import SampleSheet

Figures = dict[str, float]
Total = tuple[float, int]
"""A sum, and of how many values: none perhaps."""
StepFigures = dict[str, float | Total]
"""What a step found in this process's share of its batch: losses, those of each task's elements, the norm of the
gradient, and what `lavincli.train.record` wants to know of the batch."""
STEPS_LOOKED_AT = 2000
"""Among so many steps a batch as large as any is sought: more would take long, and hardly find another shape."""


class Objective(Protocol):
    """Networks, batches and losses of one recipe. The loop drives it and knows nothing of what it trains.

    On several processes each has one; but for `export` all of them call its methods, in lockstep.
    """

    headline: str
    """Which figure of `validate` says how good the network is, the larger the better."""

    @property
    def networks(self) -> Mapping[str, tuple[nn.Module, OptimizerConfig]]:
        """Every network that has an optimiser, by name; the first one is the product."""
        ...

    def largest_step(self) -> int:
        """A step whose batch takes as much memory as any, with all losses that there are."""
        ...

    def train_step(self, engines: Mapping[str, Engine], step: int) -> StepFigures:
        """One step on this process's share of the batch that belongs to `step`; returns its figures for the log."""
        ...

    def validate(self, engine: Engine) -> Figures:
        """Held-out figures of the product with its averaged weights."""
        ...

    def samples(self, engine: Engine) -> SampleSheet:
        """Pictures of held-out data and of what the product makes of them, with its averaged weights."""
        ...

    def measure(self, engine: Engine, *, thoroughly: bool) -> Figures:
        """What an export says of the product beside its averaged weights."""
        ...

    def export(
        self,
        averaged: Mapping[str, Tensor],
        raw: Mapping[str, Tensor] | None,
        measured: Figures,
        folder: Path,
        summary: Mapping[str, float],
    ) -> None:
        """Write the product so that it can be used, on the first process.

        averaged, raw: its weights by name, the moving averages and those that they are of (left out where None).
        measured: what `measure` gave. summary: figures for the model's card.
        """
        ...

    def export_folder(self, out: Path) -> Path:
        """Where a finished run has its export."""
        ...
