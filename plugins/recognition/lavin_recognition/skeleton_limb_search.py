"""Looks for better arms and legs disc by disc: from the shoulder or hip on, the few best each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Floats, bounds
from lavin_recognition.skeleton_parts import opposite
from lavin_recognition.skeleton_search import Search, distinct

_ROUNDS: Final = 3
_KEPT: Final = 4
_MIDDLES: Final = 8
_ENDS: Final = 10
_STARTS: Final = 4
_ALONG: Final = (0.35, 0.5, 0.65)
"""Where on the line from a joint to the next but one the one between them is tried: it may have no disc to be seen."""


def search_limbs(search: Search, person: int, block: Sequence[int]) -> None:
    """Improve both arms, or both legs, until they explain what is around them or nothing gets better."""
    if not search.has(person, block[:2]):
        return
    for _ in range(_ROUNDS):
        if search.doubt.of(person, block) < 1:
            return
        search.fold(person, block)
        choices = np.stack([search.fit.joints[person], *_of_both_sides(search, person, block)])
        low, high = bounds(choices[:, list(block)])
        gain = search.take(person, block, choices, low, high)
        search.unfold(person, block)
        if gain < 0.05:
            return


def chains(search: Search, person: int, start: int, block: Sequence[int]) -> Floats:
    """``[N, 17, 2]``: the best places of an arm or leg found from its shoulder or hip on, the best first."""
    own = search.fit.joints[person]
    middle, end, other = start + 2, start + 4, opposite(start)
    begins = [own[start], own[other], *search.near(own[start], 0.15 * search.extent(person) + 4, _STARTS)]
    choices = [own]
    for number, begin in enumerate(begins):
        on_the_way = [begin + np.float32(share) * (own[end] - begin) for share in _ALONG] if number == 0 else []
        for place in (own[middle], begin, own[other + 2], *search.ends(start, begin, _MIDDLES), *on_the_way):
            folded = _with(own, (start, begin), (middle, place), (end, place))
            choices += [folded, _with(folded, (end, own[end]))]
    kept = _best(search, person, choices, block, (start, middle))
    longer = [own]
    for choice in kept:
        place = choice[middle]
        ends = (place, own[end], own[other + 4], *search.ends(middle, place, _ENDS))
        longer += [_with(choice, (end, tip)) for tip in ends]
    return _best(search, person, longer, block, (start, middle, end))


def _of_both_sides(search: Search, person: int, block: Sequence[int]) -> list[Floats]:
    """Arms or legs exchanged, wholly or from some joint on or off, and other ones on either side."""
    own = search.fit.joints[person]
    lefts, rights = list(block[0::2]), list(block[1::2])
    found = []
    for exchanged in ((0, 1, 2), (0,), (1,), (2,), (1, 2)):
        choice = own.copy()
        for joint in exchanged:
            choice[[lefts[joint], rights[joint]]] = own[[rights[joint], lefts[joint]]]
        found.append(choice)
    for start in block[:2]:
        found += list(chains(search, person, start, block))
    return found


def _best(search: Search, person: int, choices: list[Floats], block: Sequence[int], differing: Sequence[int]) -> Floats:
    stacked = np.stack(choices)
    low, high = bounds(stacked[:, list(block)])
    errors = search.fit.errors(person, stacked, low, high)
    best: Floats = stacked[distinct(stacked, errors, differing, _KEPT)]
    return best


def _with(joints: Floats, *places: tuple[int, Floats]) -> Floats:
    changed = joints.copy()
    for joint, place in places:
        changed[joint] = place
    return changed
