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
_MIDDLES_DRAWN: Final = 4
_OWN_DISC: Final = 2.5
"""Pixels (of 256) from a joint to the discs that may be its own."""
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
    if complete and _is_good(fit, person, start, (joints[middle], joints[end])):
        return
    pairs = [(joints[middle].copy(), joints[end].copy()), (here, here), (joints[middle].copy(), joints[middle].copy())]
    pairs += _seen(evidence, worth, here, start)
    best = _choose(fit, person, start, pairs)
    if not _is_good(fit, person, start, best):
        best = _choose(fit, person, start, [best, *_lit(evidence, worth, fit, person, start)])
    if np.array_equal(best[0], best[1]) and not np.array_equal(best[0], here):
        best = _choose(fit, person, start, [best, *((place, best[0]) for place in _along(here, best[0]))])
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
    own = np.linalg.norm(discs - here, axis=1) < _OWN_DISC * evidence.unit
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


def _lit(evidence: Evidence, worth: Floats, fit: Fit, person: int, start: int) -> list[_Pair]:
    """Arms and legs along lines of any colour, that of the limb or of what covers it: few middles, by their drawing."""
    here, discs = fit.joints[person, start], evidence.discs
    inner, outer = worth[limb_between(start, start + 2)], worth[limb_between(start + 2, start + 4)]
    own = np.linalg.norm(discs - here, axis=1) < _OWN_DISC * evidence.unit
    middles = np.flatnonzero(np.isfinite(inner[own]).any(axis=0))
    if not len(middles):
        return []
    errors = _errors(fit, person, start, [(discs[one], discs[one]) for one in middles])
    pairs = []
    for one in middles[np.argsort(errors, kind="stable")[:_MIDDLES_DRAWN]].tolist():
        pairs.append((discs[one], discs[one]))
        pairs += [(discs[one], discs[end]) for end in np.flatnonzero(np.isfinite(outer[one])).tolist()]
    return pairs


def _along(first: Floats, last: Floats) -> list[Floats]:
    """Places on a line, and up to a tenth of its length beside it: what is nearly straight looks like one limb."""
    along = last - first
    aside = np.array([-along[1], along[0]], dtype=np.float32)
    shares = product((0.35, 0.45, 0.55, 0.65), (-0.1, -0.05, 0.0, 0.05, 0.1))
    return [first + np.float32(share) * along + np.float32(off) * aside for share, off in shares]


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
    errors = _errors(fit, person, start, pairs)
    here = fit.joints[person, start]
    limbs = [int(not np.array_equal(middle, here)) + int(not np.array_equal(middle, end)) for middle, end in pairs]
    return pairs[int(np.argmin(errors + _LEAST_GAIN * fit.evidence.unit**2 * np.array(limbs)))]


def _errors(fit: Fit, person: int, start: int, pairs: list[_Pair]) -> Floats:
    """``[N]``: squared differences to the picture, where any of the pairs would be drawn."""
    choices = np.repeat(fit.joints[person][None], len(pairs), axis=0)
    choices[:, start + 2] = [pair[0] for pair in pairs]
    choices[:, start + 4] = [pair[1] for pair in pairs]
    places = choices[:, [start, start + 2, start + 4]]
    return fit.errors(person, choices, places.min(axis=(0, 1)) - 3, places.max(axis=(0, 1)) + 3)


def _is_good(fit: Fit, person: int, start: int, pair: _Pair) -> bool:
    chain = np.stack([fit.joints[person, start], *pair])
    low, high = chain.min(axis=0) - 3, chain.max(axis=0) + 3
    choices = fit.joints[person][None].copy()
    choices[0, [start + 2, start + 4]] = pair
    return fit.is_good(float(fit.errors(person, choices, low, high)[0]), low, high)
