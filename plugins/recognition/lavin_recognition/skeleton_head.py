"""Finds heads, whose discs all but touch in most pictures: many heads are drawn, and the one most alike is kept."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from lavin_recognition.skeleton_assembly import redness
from lavin_recognition.skeleton_evidence import Evidence, Floats
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import HEAD, HIPS, NOSE, SHOULDERS

_HEAD: Final = np.array([[0, 0, 1], [0.36, -0.32, 0.8], [-0.36, -0.32, 0.8], [0.75, -0.22, 0], [-0.75, -0.22, 0]])
"""Nose, eyes and ears: to the person's left, down and to the front, in distances from nose to ear."""
_YAWS: Final = np.radians(np.arange(0, 360, 30))
_PITCHES: Final = np.radians([0, 35])
_SIZES: Final = (0.14, 0.18, 0.23)
"""Distances from nose to ear that are tried, / length of the trunk."""
_LEAST_RED: Final = 0.7
_MOST_NOSES: Final = 4
_FINALISTS: Final = 4


def add_head(evidence: Evidence, fit: Fit, person: int) -> None:
    """Give somebody with both shoulders a head, where a red line leads to one."""
    joints, given = fit.joints[person], fit.given[person]
    if not given[list(SHOULDERS)].all():
        return
    neck = joints[list(SHOULDERS)].mean(axis=0)
    up = neck - joints[list(HIPS)].mean(axis=0) if given[list(HIPS)].all() else np.array([0, -1], np.float32)
    known = given[list(HEAD)].copy()
    trunk = float(np.linalg.norm(up))
    if not given[list(HIPS)].all():
        trunk = 1.3 * float(np.linalg.norm(joints[SHOULDERS[0]] - joints[SHOULDERS[1]]))
    trunk = max(trunk, 12.0)
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    noses = _noses(evidence, neck, up, trunk)
    if not len(noses):
        return
    heads = np.concatenate([nose + _heads(up, trunk) for nose in noses])
    choices = np.repeat(joints[None], len(heads), axis=0)
    choices[:, list(HEAD)] = heads
    centre, reach = noses.mean(axis=0), 0.35 * trunk + float(np.ptp(noses, axis=0).max()) / 2 + 2
    given[list(HEAD)] = False
    without = float(fit.errors(person, joints[None], centre, reach)[0])
    given[list(HEAD)] = True
    errors = fit.errors(person, choices, centre, reach)
    results = []
    for index in np.argsort(errors, kind="stable")[:_FINALISTS]:
        fit.joints[person] = choices[index]
        fit.settle(person, (*HEAD, *HEAD), (1.5, 0.75, 0.4), reach=5)
        error = float(fit.errors(person, fit.joints[person][None], centre, reach)[0])
        results.append((error, fit.joints[person].copy()))
    error, best = min(results, key=lambda result: result[0])
    fit.joints[person] = best
    if error > 0.9 * without:
        given[list(HEAD)] = known
        return
    _leave_out(fit, person, centre, reach)


def _leave_out(fit: Fit, person: int, centre: Floats, reach: float) -> None:
    """Take back eyes and ears without which the drawing is more alike."""
    for number in reversed(HEAD[1:]):
        with_it = fit.errors(person, fit.joints[person][None], centre, reach)[0]
        fit.given[person, number] = False
        if fit.errors(person, fit.joints[person][None], centre, reach)[0] > with_it:
            fit.given[person, number] = True


def _noses(evidence: Evidence, neck: Floats, up: Floats, trunk: float) -> Floats:
    """Discs that a red line joins to the neck, not down the trunk, the nearest few."""
    away = evidence.discs - neck
    distance = np.linalg.norm(away, axis=1)
    down = away @ -up / np.maximum(distance, 1e-6)
    near = np.flatnonzero((distance > 2) & (distance < 0.75 * trunk) & (down < 0.85))
    red = [index for index in near if redness(evidence, neck, evidence.discs[index]) >= _LEAST_RED]
    chosen = sorted(red, key=lambda index: -float(distance[index]))[:_MOST_NOSES]
    noses: Floats = evidence.discs[chosen]
    return noses


def _heads(up: Floats, trunk: float) -> Floats:
    """``[N, 5, 2]``: heads turned all ways, with their noses at 0."""
    heads = []
    for yaw, pitch, size in product(_YAWS, _PITCHES, _SIZES):
        left, down, front = _HEAD.T
        across = left * np.cos(yaw) + front * np.sin(yaw)
        front = front * np.cos(yaw) - left * np.sin(yaw)
        below = down * np.cos(pitch) + front * np.sin(pitch)
        places = np.stack([across, below], axis=1) * size * trunk
        heads.append(places - places[NOSE])
    # (0, -1) is up in a picture; a head leans as the trunk does.
    turn = np.array([[-up[1], up[0]], [-up[0], -up[1]]])
    turned: Floats = (np.array(heads) @ turn).astype(np.float32)
    return turned
