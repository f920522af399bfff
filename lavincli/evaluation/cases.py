"""An item ready to be answered and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lavincli.clip import Clip, Pair, Sample

if TYPE_CHECKING:
    from lavincli.cards.task import Task


@dataclass(frozen=True, slots=True)
class Case:
    """An item ready to be answered.

    Attributes:
        pair: its pictures at the model's size.
        query: the picture that is decoded with and scored with: that of the pair, or of the item's own size.
        target: the truth, of the query's size.
        context: the item's own examples; empty: those of the draw.
        whole: the item is scored as a whole and at its own size.
    """

    pair: Pair
    query: Clip
    target: Any
    context: tuple[Pair, ...]
    whole: bool = False


def make_case(task: Task, sample: Sample, size: int, seed: int) -> Case:
    """A sample at the model's `size`; to be scored there, or at its own size where its protocol says so."""
    pair = task.pair(sample, size=size, seed=seed)
    context = tuple(task.context_of(sample, size=size, seed=seed))
    if (whole := task.whole(sample)) is not None:
        return Case(pair, *whole, context, whole=True)
    return Case(pair, pair.input, task.native_target(sample, size=size, seed=seed), context)
