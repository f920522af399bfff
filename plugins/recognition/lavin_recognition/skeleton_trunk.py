"""Tries other places for shoulders and hips, with other arms and legs: those most like the picture are kept."""

from __future__ import annotations

from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import HIPS, SHOULDERS
from lavin_recognition.skeleton_trees import Chain

_REACH: Final = 14.0
"""Pixels (of 256) around a joint in which discs are tried."""
_MOST: Final = 14
_GRID: Final = np.array([(x, y) for x in (-3, 0, 3) for y in (-3, 0, 3)], dtype=np.float32)


def improve_trunk(evidence: Evidence, worth: Floats, fit: Fit, person: int) -> None:
    """Move a person's shoulders and hips to other discs nearby, or swap them; ``worth`` as `Limbs.worth` gives it."""
    for pair in (SHOULDERS, HIPS):
        if fit.given[person, list(pair)].all():
            for joint, other in (pair, pair[::-1]):
                _improve(evidence, worth, fit, person, joint, other)


def _improve(evidence: Evidence, worth: Floats, fit: Fit, person: int, joint: int, other: int) -> None:
    joints, unit = fit.joints[person], evidence.unit
    fit.fold(person, joint)
    used = [joint, joint + 2, joint + 4, other, *([other + 2] if fit.given[person, other + 2] else [])]
    low, high = joints[used].min(axis=0) - 3, joints[used].max(axis=0) + 3
    if not fit.is_good(fit.error(person, low, high), low, high):
        apart = np.linalg.norm(evidence.discs - joints[joint], axis=1)
        near = np.argsort(apart, kind="stable")[:_MOST]
        near = near[apart[near] < _REACH * unit]
        places = np.concatenate([joints[joint][None], evidence.discs[near], joints[joint] + _GRID * unit])
        choices = np.repeat(joints[None], len(places) + len(near) + 1, axis=0)
        choices[: len(places), joint] = places
        choices[len(places) :, joint] = [*evidence.discs[near], joints[other]]
        choices[-1, other] = joints[joint]
        # A disc's own arm or leg.
        chain = Chain(worth, joint)
        for choice, disc in zip(choices[len(places) : -1], near.tolist(), strict=True):
            ends = [following for _, following in chain.limbs(disc).values()]
            choice[joint + 2] = evidence.discs[ends[0]] if ends else choice[joint]
            choice[joint + 4] = evidence.discs[ends[1]] if len(ends) > 1 else choice[joint + 2]
        shown = choices[:, used]
        errors = fit.errors(person, choices, shown.min(axis=(0, 1)) - 3, shown.max(axis=(0, 1)) + 3)
        fit.joints[person] = choices[int(errors.argmin())]
    fit.unfold(person, joint)
    fit.settle(person, (joint,), (1.0, 0.5), reach=6)
