"""Tries other arms and legs on people: those are kept whose drawing is most like the picture."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import HIPS, SHOULDERS
from lavin_recognition.skeleton_trees import MISSING, limb_between

_MIDDLES: Final = 5
_ENDS: Final = 4
_LEAST_GAIN: Final = 90_000.0
"""By how much (squared levels) the error must fall for a limb more."""
_REACH: Final = 13
"""Pixels (of 256) around a joint in which ends are looked for that have no disc of their own."""

_Pair = tuple[Floats, Floats]
"""Where an elbow and a wrist may be, or a knee and an ankle. What isn't there is where the joint before it is."""


def improve_limbs(evidence: Evidence, worth: Floats, fit: Fit, person: int) -> None:
    """Give a person's shoulders and hips the arms and legs most like the picture."""
    for start in (*SHOULDERS, *HIPS):
        if fit.given[person, start]:
            _improve(evidence, worth, fit, person, start)


def _improve(evidence: Evidence, worth: Floats, fit: Fit, person: int, start: int) -> None:
    joints, given = fit.joints[person], fit.given[person]
    middle, end = start + 2, start + 4
    here = joints[start].copy()
    complete = given[middle] and given[end]
    fit.fold(person, start)
    chain = joints[[start, middle, end]]
    low, high = chain.min(axis=0) - 3, chain.max(axis=0) + 3
    if complete and fit.is_good(fit.error(person, low, high), low, high):
        return
    pairs = [(joints[middle].copy(), joints[end].copy()), (here, here), (joints[middle].copy(), joints[middle].copy())]
    pairs += _seen(evidence, worth, here, start)
    best = _choose(fit, person, start, pairs)
    # Ends that have no disc of their own.
    if np.array_equal(best[0], here):
        best = _choose(fit, person, start, [best, *((place, place) for place in _grid(evidence, here))])
    if np.array_equal(best[0], best[1]) and not np.array_equal(best[0], here):
        best = _choose(fit, person, start, [best, *((best[0], place) for place in _grid(evidence, best[0]))])
    joints[middle], joints[end] = best
    fit.unfold(person, start)
    fit.settle(person, (middle, end), (1.0, 0.5), reach=6)


def _seen(evidence: Evidence, worth: Floats, here: Floats, start: int) -> list[_Pair]:
    discs = evidence.discs
    inner, outer = worth[limb_between(start, start + 2)], worth[limb_between(start + 2, start + 4)]
    own = np.linalg.norm(discs - here, axis=1) < 2.5 * evidence.unit
    if not own.any():
        return []
    first = inner[own].max(axis=0)
    value = first[:, None] + np.maximum(outer, -MISSING)
    order = np.argsort(-value.max(axis=1), kind="stable")[:_MIDDLES]
    pairs = []
    for one in order.tolist():
        if not np.isfinite(first[one]):
            continue
        pairs.append((discs[one], discs[one]))
        ends = np.argsort(-outer[one], kind="stable")[:_ENDS].tolist()
        pairs += [(discs[one], discs[end]) for end in ends if np.isfinite(outer[one, end])]
    return pairs


def _grid(evidence: Evidence, root: Floats) -> list[Floats]:
    """Places around a joint, on something that is lit, at which another one may be."""
    steps = np.arange(-_REACH, _REACH + 1, 2) * evidence.unit
    around = root + np.array(list(product(steps, steps)), dtype=np.float32)
    inside = (around >= 0).all(axis=1) & (around < evidence.side).all(axis=1)
    around = around[inside & (np.linalg.norm(around - root, axis=1) > 2.5 * evidence.unit)]
    rows, columns = evidence.pixels(around)
    middle = evidence.pixels((around + root) / 2)
    return list(around[evidence.lit[rows, columns] & evidence.bright[middle]])


def _choose(fit: Fit, person: int, start: int, pairs: list[_Pair]) -> _Pair:
    """The pair of a middle and an end whose drawing is most like the picture; a limb more must be worth it."""
    choices = np.repeat(fit.joints[person][None], len(pairs), axis=0)
    choices[:, start + 2] = [pair[0] for pair in pairs]
    choices[:, start + 4] = [pair[1] for pair in pairs]
    places = choices[:, [start, start + 2, start + 4]]
    errors = fit.errors(person, choices, places.min(axis=(0, 1)) - 3, places.max(axis=(0, 1)) + 3)
    here = fit.joints[person, start]
    limbs = [int(not np.array_equal(middle, here)) + int(not np.array_equal(middle, end)) for middle, end in pairs]
    return pairs[int(np.argmin(errors + _LEAST_GAIN * fit.evidence.unit**2 * np.array(limbs)))]
