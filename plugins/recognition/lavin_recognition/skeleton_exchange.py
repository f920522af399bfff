"""Exchanges joints: of two people who are drawn across each other, and of one person's two sides."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Floats, bounds
from lavin_recognition.skeleton_parts import ARMS, HEAD, HIPS, LEGS, SHOULDERS, opposite
from lavin_recognition.skeleton_search import STAY, Search

_PARTS: Final = ((0,), (1,), (2,), (1, 2), (0, 1), (0, 1, 2))
"""What is exchanged of an arm or a leg, from the shoulder or hip on."""
_FARTHEST: Final = 60.0
"""Pixels (of 256) between joints that are exchanged."""
_TOUCHING: Final = 6.0
"""Pixels (of 256) between joints of different kinds that are exchanged."""


def exchange_people(search: Search) -> None:
    """Give any two people each other's joints where that is better."""
    for one, other in combinations(range(len(search.fit.joints)), 2):
        _exchange_close(search, one, other)
        for start in (*SHOULDERS, *HIPS):
            _exchange_limbs(search, one, other, start)


def exchange_sides(search: Search, person: int) -> None:
    """Let any two of somebody's arms' or legs' joints take each other's places where that is better."""
    for block in (ARMS, LEGS):
        if not search.has(person, block):
            continue
        own = search.fit.joints[person]
        choices = [own]
        for one, other in combinations(block, 2):
            choices.append(own.copy())
            choices[-1][[one, other]] = own[[other, one]]
        low, high = bounds(own[list(block)])
        search.take(person, block, np.stack(choices), low, high, finalists=3, steps=5)


def _exchange_close(search: Search, one: int, other: int) -> None:
    """The discs of two people's joints, be they an elbow and an ear, may be each other's where they all but touch."""
    fit = search.fit
    apart = np.linalg.norm(fit.joints[one][:, None] - fit.joints[other][None], axis=2)
    near = (apart < _TOUCHING * search.unit) & fit.given[one][:, None] & fit.given[other]
    for first, second in np.argwhere(near).tolist():
        around = [_around(search, person, joint) for person, joint in ((one, first), (other, second))]
        _exchange(search, (one, [first]), (other, [second]), around)


def _exchange_limbs(search: Search, one: int, other: int, start: int) -> None:
    """Arms or legs that begin at joint ``start``, wholly and in part."""
    given, joints = search.fit.given[one] & search.fit.given[other], search.fit.joints
    around = [joint for joint in (start, start + 2, start + 4, opposite(start)) if given[joint]]
    for part in _PARTS:
        own = [start + 2 * number for number in part]
        apart = np.linalg.norm(joints[one, own] - joints[other, own], axis=1).max()
        if given[own].all() and apart <= _FARTHEST * search.unit:
            _exchange(search, (one, own), (other, own), [joints[one, around], joints[other, around]])


def _exchange(
    search: Search, one: tuple[int, list[int]], other: tuple[int, list[int]], around: Sequence[Floats]
) -> None:
    """Exchange the places of two people's joints if that is better there."""
    joints = search.fit.joints
    low, high = bounds(*around)
    before = search.fit.error(one[0], low, high)
    places = joints[one].copy(), joints[other].copy()
    joints[other], joints[one] = places
    if search.fit.error(one[0], low, high) > (1 - STAY) * before:
        joints[one], joints[other] = places


def _around(search: Search, person: int, joint: int) -> Floats:
    """``[N, 2]``: all joints that a joint's limbs may lead to."""
    block = next(block for block in (HEAD, ARMS, LEGS) if joint in block)
    own = [number for number in block if search.fit.given[person, number]]
    return search.fit.joints[person, own]
