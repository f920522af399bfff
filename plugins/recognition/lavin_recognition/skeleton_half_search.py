"""Looks for other shoulders with their arms, or hips with their legs, among the likeliest pairs of discs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Floats, bounds
from lavin_recognition.skeleton_limb_search import chains
from lavin_recognition.skeleton_limbs import ENDS
from lavin_recognition.skeleton_parts import HIPS, SHOULDERS
from lavin_recognition.skeleton_search import Search, distinct
from lavin_recognition.skeleton_trees import Half

_LEAST_DOUBT: Final = 1.5
_LEAST_RED: Final = 0.6
_KEPT: Final = 6


class Halves:
    """The likeliest arms with shoulders, and legs with hips, in a whole picture."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._halves = {pair: Half(search.evidence, search.worth, pair) for pair in (SHOULDERS, HIPS)}

    def improve(self, person: int, block: Sequence[int], *, anyway: bool = False) -> bool:
        """Give somebody other shoulders and arms (or hips and legs) if that is better; returns whether it is."""
        search = self._search
        upper = tuple(block[:2]) == SHOULDERS
        pair, opposite = (SHOULDERS, HIPS) if upper else (HIPS, SHOULDERS)
        if not search.has(person, (*pair, *opposite)):
            return False
        if search.doubt.of(person, block) < _LEAST_DOUBT and not anyway:
            return False
        search.fold(person, block)
        before = search.fit.joints[person].copy()
        choices = np.stack([before, *self._likely(person, pair, opposite)])
        low, high = bounds(choices[:, list(block)])
        errors = search.fit.errors(person, choices, low, high)
        grown = [before]
        for index in distinct(choices, errors, block, _KEPT):
            search.fit.joints[person] = choices[index]
            for start in (*pair, *pair):
                search.fit.joints[person] = chains(search, person, start, block)[0]
            grown.append(search.fit.joints[person].copy())
        search.fit.joints[person] = before
        low, high = bounds(np.stack(grown)[:, list(block)])
        gain = search.take(person, block, np.stack(grown), low, high, finalists=_KEPT)
        search.unfold(person, block)
        return gain > 0

    def _likely(self, person: int, pair: tuple[int, int], opposite: tuple[int, int]) -> list[Floats]:
        """Somebody with other halves to whose middle a red line leads."""
        search, half = self._search, self._halves[pair]
        if not len(half.value):
            return []
        own = search.fit.joints[person]
        middle = own[list(opposite)].mean(axis=0)
        red = search.evidence.redness(np.repeat(middle[None], len(half.middle), axis=0), half.middle)
        near = np.linalg.norm(half.middle - own[list(pair)].mean(axis=0), axis=1) < 0.5 * search.extent(person)
        found = []
        for index in np.flatnonzero((red > _LEAST_RED) & near).tolist():
            choice = own.copy()
            for start, disc in zip(pair, half.discs[index], strict=True):
                choice[[start, start + 2, start + 4]] = search.evidence.discs[disc]
            for limb, (_, disc) in half.limbs(index).items():
                joint = int(ENDS[limb][1])
                # What follows lies there too, until its own limb says otherwise.
                choice[[joint, *([joint + 2] if joint - 2 in pair else [])]] = search.evidence.discs[disc]
            found.append(choice)
        return found
