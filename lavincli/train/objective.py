"""What a training run asks of the network that it trains."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from torch import nn

from lavincli.train.config import OptimizerConfig
from lavincli.train.engine import Engine, State

Figures = dict[str, float]


class Objective(Protocol):
    """Networks, batches and losses of one recipe. The loop drives it and knows nothing of what it trains."""

    @property
    def networks(self) -> Mapping[str, tuple[nn.Module, OptimizerConfig]]:
        """Every network that has an optimiser, by name; the first one is the product."""
        ...

    def train_step(self, engines: Mapping[str, Engine], step: int) -> Figures:
        """One step on the batch that belongs to `step`; returns figures for the log."""
        ...

    def validate(self, averaged: State) -> Figures:
        """Held-out figures of the averaged weights."""
        ...

    def export(self, averaged: State, out: Path, summary: Mapping[str, float]) -> Path:
        """Write the trained network to `out`; returns where."""
        ...
