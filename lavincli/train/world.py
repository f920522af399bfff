"""The processes that train together, as the loop sees them. `World` itself is one process alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from torch import Tensor

from lavincli.errors import ConfigError

T = TypeVar("T")


class World:
    """One process. `lavincli.train.distributed.processes.Processes` is several.

    Every method but `beat`, `waiting_for` and `is_first` is a meeting: all processes call it, in the same order.

    Attributes:
        rank: this process's number, from 0 on. Only the first one prints, logs and writes.
        size: how many processes there are.
    """

    rank = 0
    size = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that prints, logs and writes."""
        return self.rank == 0

    def share(self, value: T) -> T:
        """What the first process passes here."""
        return value

    def mean(self, values: Sequence[float]) -> list[float]:
        """Means over the processes, number by number."""
        return list(values)

    def mean_tensor(self, tensor: Tensor) -> Tensor:
        """The mean over the processes of tensors of one shape."""
        return tensor

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """The first process goes through the block on its own, then all others; however long it takes."""
        yield

    def beat(self, phase: str, step: int | None = None) -> None:
        """Say that a phase begins here, of `step` or of the one before."""

    def waiting_for(self) -> str:
        """Who all others wait for, in words; empty while nobody is late."""
        return ""

    def parts(self, batch_size: int, accumulation: int, key: str = "batch_size") -> list[range]:
        """Which elements of a batch this process computes: a range for each of `accumulation` backward passes.

        Raises ConfigError, naming the recipe's `key`, if the batch can't be shared out evenly.
        """
        return shares(batch_size, accumulation, self.size, key)[self.rank]


def shares(batch_size: int, accumulation: int, processes: int, key: str = "batch_size") -> list[list[range]]:
    """For each of some processes, which elements of a batch it computes in each of its backward passes."""
    size, rest = divmod(batch_size, processes * accumulation)
    if rest:
        raise ConfigError(
            f"{key} {batch_size} can't be shared by {processes} processes x distributed.accumulation "
            f"{accumulation}: choose a multiple of {processes * accumulation}"
        )
    starts = [[(part * processes + rank) * size for part in range(accumulation)] for rank in range(processes)]
    return [[range(start, start + size) for start in own] for own in starts]
