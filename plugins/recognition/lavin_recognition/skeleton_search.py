"""What all searches for better joints share: candidates, and taking the best of many after a descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_descent import descend
from lavin_recognition.skeleton_doubt import Doubt
from lavin_recognition.skeleton_evidence import Floats, places_along
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import ARMS, HIPS, LEGS, SHOULDERS
from lavin_recognition.skeleton_trees import limb_between

_OWN_DISC: Final = 2.5
"""Pixels (of 256) from a joint to the discs that may be its own."""
_MOST_WORK: Final = 1e8
"""Pixels (of 256) that are compared for one picture, about ten seconds' work; most need a tenth of it."""
STAY: Final = 0.02
"""How much of the error must go, as a share, for anything to change."""
_ALIKE: Final = 1.0
"""Choices of which no joint is farther apart than so many pixels are one."""


class Search:
    """People found so far, and ways to look for better joints.

    Attributes:
        fit: the picture and the people.
        doubt: how badly parts of them explain it.
        worth: `Limbs.worth`, before anything was explained.
    """

    def __init__(self, fit: Fit, worth: Floats) -> None:
        self.fit = fit
        self.evidence = fit.evidence
        self.unit = fit.evidence.unit
        self.worth = worth
        self.doubt = Doubt(fit)
        self._most_work = fit.work + _MOST_WORK * self.unit**2

    @property
    def is_spent(self) -> bool:
        """Whether so much was compared that searching on isn't worth it."""
        return self.fit.work > self._most_work

    def extent(self, person: int) -> float:
        """How tall or wide somebody is, in pixels."""
        return float(np.ptp(self.fit.joints[person, self.fit.given[person]], axis=0).max())

    def near(self, place: Floats, radius: float, most: int) -> list[Floats]:
        """Discs around a place, the nearest first."""
        away = np.linalg.norm(self.evidence.discs - place, axis=1)
        order = np.argsort(away, kind="stable")[:most]
        return list(self.evidence.discs[order[away[order] < radius]])

    def ends(self, start: int, place: Floats, most: int) -> list[Floats]:
        """Discs to which the limb that begins with joint ``start`` may lead from a place, the likeliest first."""
        discs = self.evidence.discs
        if not len(discs):
            return []
        away = np.linalg.norm(discs - place, axis=1)
        own = away < max(_OWN_DISC * self.unit, float(away.min()) + 1e-3)
        values = self.worth[limb_between(start, start + 2)][own].max(axis=0)
        order = np.argsort(-values, kind="stable")[:most]
        return list(discs[order[np.isfinite(values[order])]])

    def lit_between(self, first: Floats, second: Floats) -> NDArray[np.bool_]:
        """Whether there is anything along the lines between places ``[N, 2]``."""
        rows, columns = self.evidence.pixels(places_along(first, second, margin=1.0, samples=8))
        lit: NDArray[np.bool_] = self.evidence.lit[rows, columns].mean(axis=1) > 0.85
        return lit

    def fold(self, person: int, block: Sequence[int]) -> None:
        """`Fit.fold` for both arms or legs of a block, or for all four."""
        for start in (*SHOULDERS, *HIPS):
            if start in block and self.fit.given[person, start]:
                self.fit.fold(person, start)

    def unfold(self, person: int, block: Sequence[int]) -> None:
        """Undo `fold`."""
        for start in (*SHOULDERS, *HIPS):
            if start in block and self.fit.given[person, start]:
                self.fit.unfold(person, start)

    def has(self, person: int, block: Sequence[int]) -> bool:
        """Whether all of these joints are there."""
        return bool(self.fit.given[person, list(block)].all())

    def limbs_doubt(self, person: int) -> float:
        """Of arms or legs, whichever are worse."""
        return max(self.doubt.of(person, ARMS), self.doubt.of(person, LEGS))

    def take(
        self,
        person: int,
        block: Sequence[int],
        choices: Floats,
        low: Floats,
        high: Floats,
        *,
        finalists: int = 5,
        steps: int = 8,
    ) -> float:
        """Let the best of ``choices`` ``[N, 17, 2]`` descend, and keep the best of all; returns how much better it is.

        The first choice is how things are. What is returned is a share of its error, 0 if nothing changed.
        """
        errors = self.fit.errors(person, choices, low, high)
        kept = sorted({0, *distinct(choices, errors, block, finalists)})
        places, after = descend(self.fit, person, block, choices[kept], low, high, steps=steps)
        best = int(after.argmin())
        gain = 1 - float(after[best]) / max(float(errors[0]), 1e-6)
        if gain <= STAY:
            return 0.0
        self.fit.joints[person] = places[best]
        return gain


def distinct(choices: Floats, errors: Floats, block: Sequence[int], most: int) -> list[int]:
    """Numbers of the best choices ``[N, 17, 2]`` that aren't alike in a block of joints, the best first."""
    kept: list[int] = []
    own = choices[:, list(block)]
    for index in np.argsort(errors, kind="stable").tolist():
        if all(np.abs(own[index] - own[other]).max() > _ALIKE for other in kept):
            kept.append(index)
            if len(kept) == most:
                break
    return kept
