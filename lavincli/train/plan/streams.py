"""Which tokens go through a J-DiT's blocks side by side, and what they attend to."""

from __future__ import annotations

from dataclasses import dataclass

from lavincli.model.config import JDiTConfig
from lavincli.train.sequence_shape import SequenceShape


@dataclass(frozen=True, slots=True)
class Stream:
    """Sequences of one kind.

    Attributes:
        batch: how many.
        tokens: of each.
        seen: how many tokens each of them attends to.
        times: how many flow times modulate them.
        answered: whether what comes out of the last block is used: else it has no gradient.
    """

    batch: int
    tokens: int
    seen: int
    times: int
    answered: bool = False

    @property
    def rows(self) -> int:
        """Tokens of all sequences."""
        return self.batch * self.tokens


def streams_of(config: JDiTConfig, shape: SequenceShape, contexts: int = 1) -> list[Stream]:
    """The streams of so many contexts, the target's last.

    A joint model has a sequence for each target, which begins with the context and the query. A one-way model reads
    every context and every query once.
    """
    queries = contexts * shape.queries
    targets = queries * shape.noises
    target = Stream(targets, shape.target, shape.length, targets, answered=True)
    if config.attention == "joint":
        return [Stream(targets, shape.context + shape.query, shape.length, targets), target]
    context = Stream(contexts, shape.context, shape.context, 1)
    return [context, Stream(queries, shape.query, shape.context + shape.query, 1), target]
