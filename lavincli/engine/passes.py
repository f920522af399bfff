"""One pass: a condition under which the target's velocity is asked for, and what is kept of it between steps."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor, cat

from lavincli.model.attend import KeysValues, joined
from lavincli.model.jdit import JDiT, Memory
from lavincli.model.patches import PATCH, patchify
from lavincli.model.rope import Rotation, rotation


class Pass:
    """A condition of `frames` frames at h x w latents.

    Attributes:
        tokens: a joint model's embedded condition, [B, N, D].
        seen: for every block the parts that the target's tokens attend to; None until a joint model has read it.
        read_at: the evaluation at which a joint model read it.
    """

    def __init__(self, frames: int, tokens: Tensor | None, seen: list[tuple[KeysValues, ...]] | None) -> None:
        self.frames, self.tokens, self.seen = frames, tokens, seen
        self.read_at = 0

    @classmethod
    def joint(cls, jdit: JDiT, conditions: Sequence[Tensor], batch: int) -> Pass:
        """Of latents [1 or B, 16, T, h, w] one after the other; what all elements share is embedded once."""
        embedded = [jdit.cond_embedder(patchify(part).to(jdit.prompt_embed.dtype)) for part in conditions]
        tokens = cat([part.expand(batch, -1, -1) for part in embedded], 1)
        return cls(sum(part.shape[2] for part in conditions), tokens, None)

    @classmethod
    def oneway(cls, memory: Memory) -> Pass:
        """Of what a one-way model remembers of it."""
        return cls(memory.frames, None, [tuple(joined(parts)) for parts in memory.blocks])

    def due(self, evaluation: int, refresh: int) -> bool:
        """Whether the condition is to be read (again) at this evaluation."""
        return self.tokens is not None and (self.seen is None or evaluation - self.read_at >= refresh)

    def keep(self, seen: list[KeysValues], evaluation: int) -> None:
        """What a joint model read at this evaluation."""
        self.seen, self.read_at = [(part,) for part in seen], evaluation


@functools.lru_cache(maxsize=64)
def place_table(
    first: int, frames: int, height: int, width: int, head_dim: int, device: torch.device, dtype: torch.dtype
) -> Rotation:
    """The rotation of `frames` frames from `first` on, at latents of height x width, in the dtype it is applied in."""
    size = (frames, height // PATCH, width // PATCH, head_dim)
    return Rotation(*(table.to(dtype) for table in rotation(*size, first_frame=first, device=device)))


def tables_side_by_side(tables: Sequence[Rotation]) -> Rotation:
    """For tokens of several passes one after the other."""
    return tables[0] if len(tables) == 1 else Rotation(*(cat(side, 0) for side in zip(*tables, strict=True)))
