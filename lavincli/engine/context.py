"""A task's context as a model reads it: encoded once, for any number of queries."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from lavincli.model.jdit import Memory


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What all queries of a task share.

    Attributes:
        latents: of the pairs, normalised: in 1, target 1, in 2, target 2, ..., [1, 16, Tc, h, w].
        memory: one-way models: every block's keys and values of it. None for a joint model, whose condition reads the
            target too and can't be kept.

    Raises ValueError for latents of another shape.
    """

    latents: Tensor
    memory: Memory | None

    def __post_init__(self) -> None:
        if self.latents.ndim != 5 or len(self.latents) != 1:
            raise ValueError(f"a context's latents must be [1, 16, Tc, h, w], got {tuple(self.latents.shape)}")

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        parts = [] if self.memory is None else [part for block in self.memory.blocks for part in block]
        return self.latents.nbytes + sum(side.nbytes for part in parts for side in part)
