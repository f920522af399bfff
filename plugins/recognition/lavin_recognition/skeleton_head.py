"""Finds heads, whose discs all but touch in most pictures: many heads are drawn, and the one most alike is kept."""

from __future__ import annotations

from itertools import permutations, product
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats, bounds
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import HEAD, HIPS, NOSE, SHOULDERS

HEAD_SHAPE: Final = np.array([[0, 0, 1], [0.36, -0.32, 0.8], [-0.36, -0.32, 0.8], [0.75, -0.22, 0], [-0.75, -0.22, 0]])
"""Nose, eyes and ears: to the person's left, down and to the front, in distances from nose to ear."""
_YAWS: Final = np.radians(np.arange(0, 360, 45))
_PITCHES: Final = np.radians([10])
_SIZES: Final = (0.15, 0.21, 0.3)
"""Distances from nose to ear that are tried, / length of the trunk."""
_LEAST_RED: Final = 0.6
_MOST_NOSES: Final = 5
_FINALISTS: Final = 4
_OF_EACH: Final = 2
_SEARCHES: Final = 3
_LEAST_GAIN: Final = 60_000.0
"""By how much (squared levels) the error must fall for an eye or an ear less."""
_MOST_PLACES: Final = 80
"""At which each joint is tried, all over the head."""
_PERMUTATIONS: Final = np.array(list(permutations(HEAD)))
_EYES: Final = ((1, 3, 2, 0), (2, 4, 3, 1))
"""Of each side eye, ear, and the limbs from the eye to the nose and from the ear to the eye."""


def add_head(evidence: Evidence, worth: Floats, fit: Fit, person: int) -> None:
    """Give somebody with both shoulders a head, where a red line leads to one; ``worth`` as `Limbs.worth` gives it."""
    joints, given = fit.joints[person], fit.given[person]
    if not given[list(SHOULDERS)].all():
        return
    neck = joints[list(SHOULDERS)].mean(axis=0)
    up = neck - joints[list(HIPS)].mean(axis=0) if given[list(HIPS)].all() else np.array([0, -1], np.float32)
    trunk = float(np.linalg.norm(up))
    shoulders = float(np.linalg.norm(joints[SHOULDERS[0]] - joints[SHOULDERS[1]]))
    trunk = max(trunk if given[list(HIPS)].all() else 0.0, 1.3 * shoulders, 12.0 * evidence.unit)
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    shapes = _heads(up, trunk)
    starts: list[tuple[float, Floats]] = []
    for nose in _noses(fit, person, neck, up, trunk):
        heads = np.concatenate([evidence.discs[nose] + shapes, _seen(evidence, worth, nose)])
        gains = _gains(fit, person, heads)
        starts += [(float(gains[index]), heads[index]) for index in np.argsort(-gains, kind="stable")[:_OF_EACH]]
    best: tuple[float, Floats] | None = None
    for _, head in sorted(starts, key=lambda start: -start[0])[:_FINALISTS]:
        gain, head = _settled(fit, person, head)
        if best is None or gain > best[0]:
            best = gain, head
        if _is_good(fit, person, head):
            break
    if best is None or best[0] <= 0:
        given[list(HEAD)] = False
        return
    joints[list(HEAD)] = best[1]
    given[list(HEAD)] = True
    for _ in range(_SEARCHES):
        if _is_good(fit, person, joints[list(HEAD)]):
            return
        _search(fit, person)
    _leave_out(fit, person)


def _gains(fit: Fit, person: int, heads: Floats) -> Floats:
    """``[N]``: how much less the error is with each head ``[N, 5, 2]`` than without any."""
    # With the neck, which tells whose head it is.
    low, high = bounds(heads, fit.joints[person, list(SHOULDERS)].mean(axis=0), margin=4)
    fit.given[person, list(HEAD)] = False
    without = fit.error(person, low, high)
    fit.given[person, list(HEAD)] = True
    choices = np.repeat(fit.joints[person][None], len(heads), axis=0)
    choices[:, list(HEAD)] = heads
    gains = without - fit.errors(person, choices, low, high)
    fit.given[person, list(HEAD)] = False
    return gains


def _settled(fit: Fit, person: int, head: Floats) -> tuple[float, Floats]:
    """What a head gains, and where it then is, after its joints were moved to better places."""
    fit.joints[person, list(HEAD)] = head
    fit.given[person, list(HEAD)] = True
    fit.settle(person, HEAD, (1.5, 0.75), reach=5)
    _relabel(fit, person)
    head = fit.joints[person, list(HEAD)].copy()
    return float(_gains(fit, person, head[None])[0]), head


def _is_good(fit: Fit, person: int, head: Floats) -> bool:
    was = fit.joints[person, list(HEAD)].copy(), fit.given[person, list(HEAD)].copy()
    fit.joints[person, list(HEAD)], fit.given[person, list(HEAD)] = head, True
    low, high = bounds(head, margin=4)
    good = fit.is_good(fit.error(person, low, high), low, high)
    fit.joints[person, list(HEAD)], fit.given[person, list(HEAD)] = was
    return good


def _relabel(fit: Fit, person: int) -> None:
    """Give the five joints each other's places, whichever way is most alike."""
    choices = np.repeat(fit.joints[person][None], len(_PERMUTATIONS), axis=0)
    places = fit.joints[person, list(HEAD)]
    choices[:, list(HEAD)] = places[_PERMUTATIONS]
    errors = fit.errors(person, choices, places.min(axis=0) - 3, places.max(axis=0) + 3)
    fit.joints[person] = choices[int(errors.argmin())]


def _search(fit: Fit, person: int) -> None:
    """Look for each joint all over the head."""
    places = fit.joints[person, list(HEAD)]
    low, high = places.min(axis=0) - 3, places.max(axis=0) + 3
    axes = [np.arange(low[axis], high[axis], 2 * fit.evidence.unit, dtype=np.float32) for axis in (0, 1)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    grid = grid[:: len(grid) // _MOST_PLACES + 1]
    for joint in HEAD:
        choices = np.repeat(fit.joints[person][None], len(grid) + 1, axis=0)
        choices[1:, joint] = grid
        errors = fit.errors(person, choices, low - 2, high + 2)
        fit.joints[person] = choices[int(errors.argmin())]
    _relabel(fit, person)
    fit.settle(person, HEAD, (1.0, 0.5), reach=5)


def _leave_out(fit: Fit, person: int) -> None:
    """Take back eyes and ears without which the drawing is clearly more alike."""
    low, high = bounds(fit.joints[person, list(HEAD)], margin=4)
    for number in reversed(HEAD[1:]):
        with_it = fit.error(person, low, high)
        fit.given[person, number] = False
        if fit.error(person, low, high) > with_it - _LEAST_GAIN * fit.evidence.unit**2:
            fit.given[person, number] = True


def _noses(fit: Fit, person: int, neck: Floats, up: Floats, trunk: float) -> list[int]:
    """Discs that a red line joins to the neck, not down the trunk: the few whose line is most like the picture.

    Orange counts as red, so that shoulders and arms lead to discs as well. Without any, those that are nearest.
    """
    evidence = fit.evidence
    away = evidence.discs - neck
    distance = np.linalg.norm(away, axis=1)
    down = away @ -up / np.maximum(distance, 1e-6)
    near = np.flatnonzero((distance > 2 * evidence.unit) & (distance < 0.75 * trunk) & (down < 0.85))
    red = near[evidence.redness(np.repeat(neck[None], len(near), axis=0), evidence.discs[near]) >= _LEAST_RED]
    if not len(red):
        return sorted(near.tolist(), key=lambda index: float(distance[index]))[:_MOST_NOSES]
    gains = _gains(fit, person, np.repeat(evidence.discs[red][:, None], len(HEAD), axis=1))
    best: list[int] = red[np.argsort(-gains, kind="stable")[:_MOST_NOSES]].tolist()
    return best


def _seen(evidence: Evidence, worth: Floats, nose: int) -> Floats:
    """``[1, 5, 2]``: the head of a nose, if its limbs can be seen, as larger ones' can."""
    head = np.repeat(evidence.discs[nose][None], len(HEAD), axis=0)
    for eye, ear, inner, outer in _EYES:
        to_nose = worth[inner, :, nose] if inner == 2 else worth[inner, nose, :]
        value = to_nose + np.maximum(worth[outer].max(axis=0), 0)
        best = int(value.argmax())
        if value[best] > 0:
            head[eye] = evidence.discs[best]
            head[ear] = 2 * head[eye] - head[NOSE]
            if worth[outer, :, best].max() > 0:
                head[ear] = evidence.discs[int(worth[outer, :, best].argmax())]
    return head[None]


def _heads(up: Floats, trunk: float) -> Floats:
    """``[N, 5, 2]``: heads turned all ways, with their noses at 0."""
    heads = []
    for yaw, pitch, size in product(_YAWS, _PITCHES, _SIZES):
        left, down, front = HEAD_SHAPE.T
        across = left * np.cos(yaw) + front * np.sin(yaw)
        front = front * np.cos(yaw) - left * np.sin(yaw)
        below = down * np.cos(pitch) + front * np.sin(pitch)
        places = np.stack([across, below], axis=1) * size * trunk
        heads.append(places - places[NOSE])
    # (0, -1) is up in a picture; a head leans as the trunk does.
    turn = np.array([[-up[1], up[0]], [-up[0], -up[1]]])
    turned: Floats = (np.array(heads) @ turn).astype(np.float32)
    return turned
