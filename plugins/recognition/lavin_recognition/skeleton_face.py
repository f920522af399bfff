"""Which of a head's joints is which: its discs all but touch, and several ways explain the picture all but as well.

Among those the one is kept that is most like a head seen from somewhere.
"""

from __future__ import annotations

from itertools import permutations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_descent import Doubles, descend
from lavin_recognition.skeleton_evidence import Floats, bounds
from lavin_recognition.skeleton_head import HEAD_SHAPE
from lavin_recognition.skeleton_parts import HEAD
from lavin_recognition.skeleton_search import Search, distinct

_YAWS: Final = np.radians(np.arange(0, 360, 15))
_PITCHES: Final = np.radians(np.arange(-60, 61, 20))
_COST: Final = 6_000.0
"""Squared levels that a shape costs that is like no head at all."""
_PERMUTATIONS: Final = np.array(list(permutations(HEAD)))
_FINALISTS: Final = 3


def name_joints(search: Search, person: int) -> None:
    """Let the five joints of a whole head take each other's places."""
    if not search.has(person, HEAD):
        return
    fit, own = search.fit, list(HEAD)
    places = fit.joints[person, own]
    low, high = bounds(places)
    choices = np.repeat(fit.joints[person][None], len(_PERMUTATIONS), axis=0)
    choices[:, own] = places[_PERMUTATIONS]
    cost = _COST * search.unit**2
    errors = fit.errors(person, choices, low, high) + cost * oddness(choices[:, own])
    kept = distinct(choices, errors.astype(np.float32), own, _FINALISTS)
    choices, after = descend(fit, person, own, choices[kept], low, high, steps=4)
    fit.joints[person] = choices[int((after + cost * oddness(choices[:, own])).argmin())]


def oddness(heads: Floats) -> Doubles:
    """``[N]``: how unlike heads ``[N, 5, 2]`` are to any that is seen from anywhere, upright or not, 0 to 1.

    The root of the share of their spread that the most alike one leaves, after it was moved, turned and resized.
    """
    places = heads[..., 0] + 1j * heads[..., 1]
    places = places - places.mean(axis=1, keepdims=True)
    alike = np.abs(places @ np.conj(_SEEN).T) ** 2 / (np.abs(_SEEN) ** 2).sum(axis=1)
    spread = (np.abs(places) ** 2).sum(axis=1)
    odd: Doubles = np.sqrt((1 - alike.max(axis=1) / np.maximum(spread, 1e-6)).clip(0, 1))
    return odd


def _seen() -> NDArray[np.complex128]:
    """``[V, 5]``: a head from many sides, across and down as complex numbers around 0."""
    left, down, front = HEAD_SHAPE.T
    views = []
    for yaw, pitch in product(_YAWS, _PITCHES):
        across = left * np.cos(yaw) + front * np.sin(yaw)
        ahead = front * np.cos(yaw) - left * np.sin(yaw)
        views.append(across + 1j * (down * np.cos(pitch) + ahead * np.sin(pitch)))
    seen: NDArray[np.complex128] = np.array(views)
    seen -= seen.mean(axis=1, keepdims=True)
    return seen


_SEEN: Final = _seen()
