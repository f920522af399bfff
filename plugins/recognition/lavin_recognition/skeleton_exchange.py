"""Exchanges joints: of two people who are drawn across each other, and of one person's two sides."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from lavin_recognition.skeleton_doubt import bounds
from lavin_recognition.skeleton_evidence import Floats
from lavin_recognition.skeleton_parts import ARMS, HEAD, HIPS, LEGS, SHOULDERS
from lavin_recognition.skeleton_search import Search

_PARTS: Final = ((0,), (1,), (2,), (1, 2), (0, 1), (0, 1, 2))
"""What is exchanged of an arm or a leg, from the shoulder or hip on."""
_FARTHEST: Final = 60.0
"""Pixels (of 256) between joints that are exchanged."""
_TOUCHING: Final = 6.0
"""Pixels (of 256) between joints of different kinds that are exchanged."""
_STAY: Final = 0.02


def exchange_people(search: Search) -> None:
    """Give any two people each other's joints where that is better."""
    for one, other in combinations(range(len(search.fit.joints)), 2):
        _exchange_close(search, one, other)
        for start in (*SHOULDERS, *HIPS):
            for part in _PARTS:
                _exchange(search, one, other, [start + 2 * number for number in part], start)


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
        low, high = bounds(_around(search, one, first), _around(search, other, second))
        before = fit.error(one, low, high)
        places = fit.joints[one, first].copy(), fit.joints[other, second].copy()
        fit.joints[other, second], fit.joints[one, first] = places
        if fit.error(one, low, high) > (1 - _STAY) * before:
            fit.joints[one, first], fit.joints[other, second] = places


def _around(search: Search, person: int, joint: int) -> Floats:
    """``[N, 2]``: all joints that a joint's limbs may lead to."""
    block = next(block for block in (HEAD, ARMS, LEGS) if joint in block)
    own = [number for number in block if search.fit.given[person, number]]
    return search.fit.joints[person, own]


def _exchange(search: Search, one: int, other: int, joints: Sequence[int], start: int) -> None:
    fit, own = search.fit, list(joints)
    if not (search.has(one, own) and search.has(other, own)):
        return
    if np.linalg.norm(fit.joints[one, own] - fit.joints[other, own], axis=1).max() > _FARTHEST * search.unit:
        return
    opposite = start + 1 if start % 2 else start - 1
    around = [joint for joint in (start, start + 2, start + 4, opposite) if fit.given[[one, other], joint].all()]
    low, high = bounds(fit.joints[one, around], fit.joints[other, around])
    before = fit.error(one, low, high)
    _swap(search, one, other, own)
    if fit.error(one, low, high) > (1 - _STAY) * before:
        _swap(search, one, other, own)


def _swap(search: Search, one: int, other: int, own: list[int]) -> None:
    joints = search.fit.joints
    joints[one, own], joints[other, own] = joints[other, own].copy(), joints[one, own].copy()
