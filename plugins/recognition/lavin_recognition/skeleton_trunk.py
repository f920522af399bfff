"""Tries other places for shoulders and hips: those are kept whose drawing is most like the picture."""

from __future__ import annotations

from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import HIPS, SHOULDERS

_REACH: Final = 14.0
"""Pixels (of 256) around a joint in which discs are tried."""
_MOST: Final = 12
_GRID: Final = np.array([(x, y) for x in (-3, 0, 3) for y in (-3, 0, 3)], dtype=np.float32)


def improve_trunk(evidence: Evidence, fit: Fit, person: int) -> None:
    """Move a person's shoulders and hips to other discs nearby, or swap them."""
    for pair in (SHOULDERS, HIPS):
        if fit.given[person, list(pair)].all():
            for joint, other in (pair, pair[::-1]):
                _improve(evidence, fit, person, joint, other)


def _improve(evidence: Evidence, fit: Fit, person: int, joint: int, other: int) -> None:
    joints = fit.joints[person]
    used = [number for number in (joint, other, joint + 2, other + 2) if fit.given[person, number]]
    low, high = joints[used].min(axis=0) - 3, joints[used].max(axis=0) + 3
    if fit.is_good(fit.error(person, low, high), low, high):
        return
    unit = evidence.unit
    apart = np.linalg.norm(evidence.discs - joints[joint], axis=1)
    near = np.argsort(apart, kind="stable")[:_MOST]
    near = near[apart[near] < _REACH * unit]
    places = np.concatenate([joints[joint][None], evidence.discs[near], joints[joint] + _GRID * unit])
    choices = np.repeat(joints[None], len(places) + 1, axis=0)
    choices[:-1, joint] = places
    choices[-1, [joint, other]] = joints[[other, joint]]
    places = choices[:, used]
    errors = fit.errors(person, choices, places.min(axis=(0, 1)) - 3, places.max(axis=(0, 1)) + 3)
    fit.joints[person] = choices[int(errors.argmin())]
