"""The best people there could be: trees of joints, of which the best ones are found exactly.

By dynamic programming over all discs (Felzenszwalb and Huttenlocher, "Pictorial structures for object recognition",
2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats, Indices
from lavin_recognition.skeleton_limbs import ENDS
from lavin_recognition.skeleton_parts import HIPS, SHOULDERS

MISSING: Final = 4.0
"""What it costs, in pixels, that a limb is not there though the joint is at which it begins."""
_LEAST_RED: Final = 0.6
"""Share of a line that is red, if it is to be a spine."""
_RED_WORTH: Final = 0.7
"""Of a red pixel of the spine, when one of a limb's colour has 1."""
_MOST_PAIRS: Final = 40


@dataclass(frozen=True, slots=True)
class Tree:
    """Limbs of one person.

    Attributes:
        worth: of all of them, in pixels.
        limbs: the discs of each, by number of limb.
        whole: whether it has shoulders, hips and a spine.
    """

    worth: float
    limbs: dict[int, tuple[int, int]]
    whole: bool

    def discs(self) -> dict[int, int]:
        """The disc of each joint."""
        ends = [(ENDS[limb], discs) for limb, discs in self.limbs.items()]
        return {int(joint): disc for joints, discs in ends for joint, disc in zip(joints, discs, strict=True)}


def limb_between(first: int, second: int) -> int:
    """The number of a limb by its joints."""
    return int(np.flatnonzero((np.array([first, second]) == ENDS).all(axis=1))[0])


def best_trees(evidence: Evidence, worth: Floats, most: int) -> list[Tree]:
    """The best person, and if it is a whole one the best others who are, the best first.

    ``worth`` is `Limbs.worth`'s.
    """
    if not worth.shape[1]:
        return []
    upper, lower = Half(evidence, worth, SHOULDERS), Half(evidence, worth, HIPS)
    parts: list[Tree] = []
    for half in (upper, lower):
        if len(half.value):
            parts.append(Tree(float(half.value[0]) - MISSING, half.limbs(0), whole=False))
        for chain in half.chains:
            start = int(chain.value.argmax())
            parts.append(Tree(float(chain.value[start]) - MISSING, chain.limbs(start), whole=False))
    part = max(parts, key=lambda tree: tree.worth)
    if not (len(upper.value) and len(lower.value)):
        return [part]
    one, other = (grid.ravel() for grid in np.indices((len(upper.value), len(lower.value))))
    first, second = upper.middle[one], lower.middle[other]
    red = evidence.redness(first, second)
    length = np.linalg.norm(first - second, axis=1) / evidence.unit
    trunk = np.where(red >= _LEAST_RED, _RED_WORTH * (2 * red - 1) * length, -np.inf)
    value = upper.value[one] + lower.value[other] + trunk
    whole = [
        Tree(float(value[index]), upper.limbs(int(one[index])) | lower.limbs(int(other[index])), whole=True)
        for index in np.argsort(-value, kind="stable")[:most].tolist()
        if np.isfinite(value[index])
    ]
    return whole if whole and whole[0].worth >= part.worth else [part]


class Half:
    """The best arms, or legs, at every two discs."""

    def __init__(self, evidence: Evidence, worth: Floats, pair: tuple[int, int]) -> None:
        self.across = limb_between(*pair)
        self.chains = [Chain(worth, start) for start in pair]
        value = worth[self.across] + self.chains[0].value[:, None] + self.chains[1].value[None]
        flat = np.argsort(-value, axis=None, kind="stable")[:_MOST_PAIRS]
        flat = flat[np.isfinite(value.ravel()[flat])]
        self.discs: Indices = np.stack(np.unravel_index(flat, value.shape), axis=1)
        self.value: Floats = value.ravel()[flat]
        self.middle: Floats = evidence.discs[self.discs].mean(axis=1)

    def limbs(self, index: int) -> dict[int, tuple[int, int]]:
        first, second = (int(disc) for disc in self.discs[index])
        return {self.across: (first, second)} | self.chains[0].limbs(first) | self.chains[1].limbs(second)


class Chain:
    """The best arm, or leg, that begins at every disc; ``start`` is its shoulder or hip."""

    def __init__(self, worth: Floats, start: int) -> None:
        self._limbs = [limb_between(start, start + 2), limb_between(start + 2, start + 4)]
        self._next: list[Indices] = []
        value = np.zeros(worth.shape[1], dtype=np.float32)
        for limb in reversed(self._limbs):
            all_values = worth[limb] + value[None]
            best = all_values.argmax(axis=1)
            value = np.take_along_axis(all_values, best[:, None], axis=1)[:, 0]
            self._next.insert(0, np.where(value > -MISSING, best, -1))
            value = np.maximum(value, -MISSING)
        self.value: Floats = value

    def limbs(self, disc: int) -> dict[int, tuple[int, int]]:
        found = {}
        for limb, following in zip(self._limbs, self._next, strict=True):
            other = int(following[disc])
            if other < 0:
                break
            found[limb] = (disc, other)
            disc = other
        return found
