"""Brings the windows of a video, each of which the model draws in a range of its own, to one scale.

The part that two windows share tells how one is scaled against the other. The ratio of spreads is taken and not a least
squares fit: noise makes a fit's slope too small each time, and over hundreds of windows everything would become flat.
For the same reason each window is left a quarter of its own scale, and its mean is never moved far: a model whose
answers change within each window, for no reason in the video, would lead away from the range a little with every one.
What is left of the difference is crossed over evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

_OWN: Final = 0.25
"""How much of a window's own scale is left to it."""
_ALIKE: Final = 0.5
"""Windows that correlate less than this don't show the same things: their spread says nothing of their scale."""
_LARGEST_GAIN: Final = 2.0
_FARTHEST: Final = 0.2
"""How far the mean of a window may be moved from where the model drew it, of a range of 1."""
_FLAT: Final = 1e-3
"""A spread smaller than this is none."""


def follow_scale_and_shift(frames: Sequence[Values], known: Sequence[Values], start: int) -> list[Values]:
    """A `Follower` of values whose zero means nothing, such as relative inverse depth."""
    before, after = _shared(frames, known, start)
    if not len(before):
        return list(frames)
    gain = _towards_one(_ratio(before - before.mean(), after - after.mean()))
    own = float(after.mean())
    moved = (1 - _OWN) * float(before.mean() - own)
    shift = own + min(max(moved, -_FARTHEST), _FARTHEST) - gain * own
    return [(gain * frame + shift).astype(np.float32) for frame in frames]


def follow_scale(frames: Sequence[Values], known: Sequence[Values], start: int) -> list[Values]:
    """A `Follower` of values whose zero is true, such as flow in units of the fastest motion."""
    before, after = _shared(frames, known, start)
    gain = _towards_one(_ratio(before, after)) if len(before) else 1.0
    return [(gain * frame).astype(np.float32) for frame in frames]


def keep(frames: Sequence[Values], known: Sequence[Values], start: int) -> list[Values]:
    """A `Follower` of values that mean the same in every window."""
    del known, start
    return list(frames)


def _shared(
    frames: Sequence[Values], known: Sequence[Values], start: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the windows before and this one say of the same places."""
    if not known:
        return np.zeros(0), np.zeros(0)
    before = np.stack(known).astype(np.float64)
    after = np.stack(frames[start : start + len(known)]).astype(np.float64)
    both = np.isfinite(before) & np.isfinite(after)
    return before[both], after[both]


def _ratio(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    spread_before, spread_after = (float(np.sqrt(np.mean(values**2))) for values in (before, after))
    if min(spread_before, spread_after) < _FLAT:
        return 1.0
    if float(np.mean(before * after)) < _ALIKE * spread_before * spread_after:
        return 1.0
    return min(max(spread_before / spread_after, 1 / _LARGEST_GAIN), _LARGEST_GAIN)


def _towards_one(gain: float) -> float:
    return float(gain ** (1 - _OWN))
