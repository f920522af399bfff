"""Other renderings of annotations among a task's pairs: a block of neighbouring records for each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from lavincli.cards.annotation import AnnotationSide, redrawn
from lavincli.clip import Pair
from lavincli.media.recolour import recolouring


@dataclass(frozen=True, slots=True)
class Variations:
    """The records of a source in equal blocks: the first as the task's codec draws them, then one for each variation.

    Attributes:
        names: of recolourings.
        side: the one that is the annotation.
    """

    names: tuple[str, ...]
    side: AnnotationSide

    def blocks(self, count: int) -> list[range]:
        """The records of each block, of so many."""
        return equal_blocks(count, 1 + len(self.names))

    def of(self, pair: Pair, record: int, count: int) -> Pair:
        """The pair of a record, of so many, as its block draws it."""
        block = next(number for number, places in enumerate(self.blocks(count)) if record in places)
        if block == 0:
            return pair
        return redrawn(pair, self.side, recolouring(self.names[block - 1]))


def equal_blocks(count: int, blocks: int) -> list[range]:
    """0 .. `count` in so many neighbouring ranges whose lengths differ by at most 1."""
    borders = [count * number // blocks for number in range(blocks + 1)]
    return [range(*ends) for ends in itertools.pairwise(borders)]
