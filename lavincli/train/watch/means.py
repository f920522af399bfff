"""Means of what single steps found."""

from __future__ import annotations

from collections.abc import Mapping

from lavincli.train.objective import Figures, Total
from lavincli.train.world import World


class Means:
    """Adds up figures of steps, over steps and processes.

    A figure is one value of a step, or a total: the losses of a task's elements, of which a process may have none. All
    processes add the same names in the same order.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Total] = {}

    def add(self, figures: Mapping[str, float | Total]) -> None:
        """Take in what a step of this process found."""
        for key, value in figures.items():
            total, count = value if isinstance(value, tuple) else (value, 1)
            before, counted = self._sums.get(key, (0.0, 0))
            self._sums[key] = (before + total, counted + count)

    def take(self, world: World) -> Figures:
        """The means of what was added since the last call, without figures that nobody has a value of."""
        numbers = world.mean([float(number) for pair in self._sums.values() for number in pair])
        pairs = zip(self._sums, numbers[::2], numbers[1::2], strict=True)
        means = {key: total / count for key, total, count in pairs if count > 0}
        self._sums.clear()
        return means
