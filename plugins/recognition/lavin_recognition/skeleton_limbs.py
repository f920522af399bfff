"""What every limb between every two discs is worth, and what is left of it when some were found."""

from __future__ import annotations

from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats, Indices
from lavin_recognition.skeleton_lines import SHORTEST, Lines
from lavin_recognition.skeleton_parts import HEAD, HIPS, LIMBS, SHOULDERS

ENDS: Final[Indices] = np.array([(limb.first[0], limb.second[0]) for limb in LIMBS])
"""``[14, 2]``: the joints of each limb."""

_DARK_COST: Final = np.float32(2.5)
"""What a dark pixel of a line takes away, when one of a limb's colour adds 1."""
_UNCLEAR_COST: Final = 2.5
"""What a limb costs whose colour is not to be seen, and a little more the longer it is."""
_OTHER_COST: Final = np.float32(0.3)
"""The same of a pixel that is of another limb's colour, or was explained."""
_LIMB_COST: Final = 2.0
"""Pixels of its colour without which a limb is none."""
_SHORT_COST: Final = 2.5
"""What a limb costs that is too short to be seen; one from a disc to itself more."""
_TAKEN_COST: Final = 4.0
"""What a limb costs whose discs are both somebody else's joints."""
_ACROSS: Final = [index for index, ends in enumerate(ENDS.tolist()) if tuple(ends) in (SHOULDERS, HIPS)]
"""The lines between shoulders and between hips, which many who stand sideways show as points."""
_CLOSE: Final = 1.6
"""Pixels between two lines at places where they show the same pixels."""
_EXPLAINED: Final = 0.3
"""Pixels whose likeness to a limb there is above this are explained."""


class Limbs:
    """Limbs between discs.

    Worth is in pixels (of 256): those of the picture that a limb explains, less those that speak against it.
    """

    def __init__(self, evidence: Evidence, lines: Lines) -> None:
        self._evidence = evidence
        self._lines = lines
        self._unexplained = np.ones(lines.lit.shape, dtype=np.bool_)
        self._joints_at = np.zeros(len(evidence.discs), dtype=np.float32)
        discs = evidence.discs
        apart = np.linalg.norm(discs[:, None] - discs[None], axis=2)
        self._short = np.where(apart < SHORTEST * evidence.unit, np.float32(-_SHORT_COST), np.float32(-np.inf))
        np.fill_diagonal(self._short, -np.inf)

    def worth(self) -> Floats:
        """``float32 [14, discs, discs]``: of each limb from its first joint to its second, -inf if there is none."""
        lines, count = self._lines, len(self._evidence.discs)
        # Neighbouring limbs have like colours: where another one is more alike, a limb reaches too far.
        likeness = lines.likeness * self._unexplained[..., None]
        likeness = np.maximum(2 * likeness - lines.likeness.max(axis=2, keepdims=True), -_OTHER_COST)
        seen = np.where(lines.lit[..., None], likeness, -_DARK_COST).mean(axis=1)
        worth = seen * np.maximum(lines.length - 3, 1)[:, None] - np.float32(_LIMB_COST)
        worth = np.maximum(worth, -np.float32(_UNCLEAR_COST) - lines.length[:, None] / 20)
        one, other = lines.ends.T
        table = np.full((len(LIMBS), count, count), -np.inf, dtype=np.float32)
        table[len(HEAD) - 1 :] = self._short
        for limb in _ACROSS:
            np.fill_diagonal(table[limb], -_SHORT_COST)
        table[:, one, other] = np.maximum(table[:, one, other], worth.T)
        table[:, other, one] = np.maximum(table[:, other, one], worth.T)
        taken = _TAKEN_COST * self._joints_at
        table -= (taken[:, None] + taken[None]) / 2
        return table

    def explain(self, limb: int, one: int, other: int) -> None:
        """Pixels of a limb's colour between two discs count for no other one from now on, and these are joints."""
        first, second = self._evidence.discs[one], self._evidence.discs[other]
        self._joints_at[[one, other]] += 1
        along = second - first
        to = self._lines.places - first
        share = ((to @ along) / max(float(along @ along), 1e-6)).clip(0, 1)
        away = np.linalg.norm(to - share[..., None] * along, axis=2)
        alike = self._lines.likeness[..., limb] > _EXPLAINED
        self._unexplained &= ~((away < _CLOSE * self._evidence.unit) & alike)
