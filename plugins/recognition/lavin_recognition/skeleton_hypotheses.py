"""Decides which limb each line is, and which way round, by what meets at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_evidence import SIDE, Evidence, Floats, Indices, places_along
from lavin_recognition.skeleton_lines import Lines
from lavin_recognition.skeleton_parts import LIMBS

_NEAR: Final = 2.6
"""Discs so many pixels apart may be the same joint."""
_ROUNDS: Final = 4
_LEAST: Final = 0.3
_SHARE_OF_BEST: Final = 0.4
"""Limbs are considered for a line whose likeness is at least this share of the most alike limb's."""
_ALONE: Final = 0.35
"""Weight of an end at which no limb goes on, though one should."""
_LEAF: Final = 0.75
"""Weight of an end at which no limb goes on in anybody: wrists, ankles, ears."""
_MARGIN: Final = 2.2
_SAMPLES: Final = 64
_MOST_RED: Final = 0.95
_MOST_EXPLAINED: Final = 0.5
"""A line of which more is red, or on lines chosen before, is none."""
_LEAST_BELIEF: Final = 0.04

ENDS: Final[Indices] = np.array([(limb.first[0], limb.second[0]) for limb in LIMBS])
"""``[14, 2]``: the joints of each limb."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """That a line is some limb.

    Attributes:
        limb: number in `LIMBS`.
        discs: numbers of the discs at the limb's first and second joint.
        likeness: how well the colour agrees, 0..1.
        belief: the same with what meets at its ends.
    """

    limb: int
    discs: tuple[int, int]
    likeness: float
    belief: float


def choose_limbs(evidence: Evidence, lines: Lines) -> list[Hypothesis]:
    """One hypothesis a stretch of line at most, the most believed first."""
    discs = evidence.discs
    line, limb, flip = _all_hypotheses(lines)
    if not len(line):
        return []
    joints = np.where(flip[:, None], ENDS[limb][:, ::-1], ENDS[limb])  # at the line's two ends
    at = lines.ends[line]
    likeness = lines.likeness[line, limb]
    length = np.linalg.norm(discs[at[:, 0]] - discs[at[:, 1]], axis=1)
    believed = _believe(discs, joints, at, limb, likeness)
    # Bits of a limb are as alike as the whole: the longer one is more likely.
    order = np.argsort(-believed * np.minimum(length, 30) ** 0.5, kind="stable")
    rows, columns = places_along(discs[at[:, 0]], discs[at[:, 1]], margin=_MARGIN, samples=_SAMPLES)
    explained = evidence.red > _MOST_RED
    chosen: list[Hypothesis] = []
    for index in order:
        if believed[index] < _LEAST_BELIEF:
            continue
        if explained[rows[index], columns[index]].mean() > _MOST_EXPLAINED:
            continue
        for down, across in product(range(-1, 2), range(-1, 2)):
            explained[(rows[index] + down).clip(0, SIDE - 1), (columns[index] + across).clip(0, SIDE - 1)] = True
        first, second = (int(disc) for disc in (at[index][::-1] if flip[index] else at[index]))
        chosen.append(Hypothesis(int(limb[index]), (first, second), float(likeness[index]), float(believed[index])))
    return chosen


def _all_hypotheses(lines: Lines) -> tuple[Indices, Indices, NDArray[np.bool_]]:
    best = lines.likeness.max(axis=1, initial=0)
    line, limb = np.nonzero((lines.likeness >= _LEAST) & (lines.likeness >= _SHARE_OF_BEST * best[:, None]))
    return np.tile(line, 2), np.tile(limb, 2), np.repeat([False, True], len(line))


def _believe(discs: Floats, joints: Indices, at: Indices, limb: Indices, likeness: Floats) -> Floats:
    """Likeness times support at both ends, settled between all hypotheses in a few rounds."""
    near = np.linalg.norm(discs[:, None] - discs[None], axis=2) <= _NEAR
    neighbours = [np.flatnonzero(row) for row in near]
    limbs_at = np.bincount(ENDS.ravel(), minlength=17)
    leaf = limbs_at[joints] == 1
    believed = likeness
    for _ in range(_ROUNDS):
        table = np.zeros((len(discs), 17, len(LIMBS)), dtype=np.float32)
        for end in (0, 1):
            np.maximum.at(table, (at[:, end], joints[:, end], limb), believed)
        table = np.stack([table[some].max(axis=0) for some in neighbours])
        weight = np.ones(len(limb), dtype=np.float32)
        for end in (0, 1):
            here = table[at[:, end], joints[:, end]].copy()
            here[np.arange(len(limb)), limb] = 0
            support = _ALONE + (1 - _ALONE) * np.sqrt(here.max(axis=1))
            weight *= np.where(leaf[:, end], _LEAF, support)
        believed = likeness * weight
    return believed
