"""Moves several joints at once to where a drawing is most like the picture.

Levenberg and Marquardt's method (Marquardt, "An algorithm for least-squares estimation of nonlinear parameters",
1963), from many starts at a time, with differences for derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_evidence import Floats
from lavin_recognition.skeleton_fit import Fit

_DIFFERENCE: Final = 0.2
"""Pixels by which a joint is moved to see what that changes."""
_FARTHEST: Final = 2.0
"""Pixels that a joint moves in one step."""
_DAMPINGS: Final = np.array([0.1, 1.0, 10.0, 100.0])
"""Times the last one; all are tried at once."""
_FIRST_DAMPING: Final = 1e-2
_FLOOR: Final = 1e2
"""Squared levels by squared pixels, for joints that nothing depends on."""
_LEAST_GAIN: Final = 2e-3
"""Share of the error without which it ends."""

Doubles = NDArray[np.float64]


def descend(
    fit: Fit, person: int, joints: Sequence[int], starts: Floats, low: Floats, high: Floats, *, steps: int = 8
) -> tuple[Floats, Doubles]:
    """Places of all joints ``[S, 17, 2]`` after those of ``joints`` moved from ``starts``, and the errors ``[S]``.

    What is compared are the pixels between the corners ``low`` and ``high``.
    """
    chosen = list(joints)
    count, size = len(starts), 2 * len(chosen)
    rows = np.arange(count)
    places = starts[:, chosen].reshape(count, size).astype(np.float64)
    damping = np.full(count, _FIRST_DAMPING)
    moved = np.eye(size) * _DIFFERENCE

    def placed(tried: Doubles) -> Floats:
        choices = np.repeat(starts[:, None], tried.shape[1], axis=1)
        choices[:, :, chosen] = tried.reshape(count, tried.shape[1], len(chosen), 2)
        return choices.reshape(-1, *starts.shape[1:])

    def away(tried: Doubles) -> Floats:
        seen = fit.away(person, placed(tried), low, high)
        seen = np.broadcast_to(seen, (3, count * tried.shape[1], *seen.shape[2:]))
        return np.moveaxis(seen, 0, 1).reshape(count, tried.shape[1], -1)

    errors = np.zeros(count)
    for _ in range(steps):
        both = away(np.concatenate([places[:, None], places[:, None] + moved], axis=1))
        here = both[:, 0]
        slopes = (both[:, 1:] - here[:, None]) / np.float32(_DIFFERENCE)
        errors = np.einsum("sm,sm->s", here, here).astype(np.float64)
        curves = (slopes @ slopes.swapaxes(1, 2)).astype(np.float64)
        downhill = -np.einsum("spm,sm->sp", slopes, here).astype(np.float64)
        held = np.einsum("spp->sp", curves)[:, None] * (damping[:, None] * _DAMPINGS)[..., None] + _FLOOR
        bent = curves[:, None] + held[..., None] * np.eye(size)
        step = np.linalg.solve(bent, np.broadcast_to(downhill[:, None, :, None], (*held.shape, 1)))[..., 0]
        tried = places[:, None] + step.clip(-_FARTHEST, _FARTHEST)
        off = away(tried)
        errors_there = np.einsum("sdm,sdm->sd", off, off).astype(np.float64)
        best = errors_there.argmin(axis=1)
        there = errors_there[rows, best]
        better = there < errors
        gains = np.where(better, 1 - there / np.maximum(errors, 1e-6), 0)
        places = np.where(better[:, None], tried[rows, best], places)
        errors = np.where(better, there, errors)
        damping = (damping * np.where(better, _DAMPINGS[best], _DAMPINGS[-1])).clip(1e-4, 1e4)
        if gains.max() < _LEAST_GAIN:
            break
    return placed(places[:, None]), errors
