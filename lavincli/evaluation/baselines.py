"""Trivial answers a model must beat. They go through the task's codec and metrics as the model's answers do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lavincli.clip import Clip, Pair
from lavincli.media.geometry import Resample, resize

COPY: Final = "copy_query"
MEAN: Final = "context_mean"


def copy_of_query(query: Clip, frames: int) -> Clip:
    """The query itself ``[T, H, W, 3]``: what a model scores that has learned to leave everything as it is.

    Where an answer has another number of frames, the query's last frame ``frames`` times.
    """
    return query if len(query) == frames else np.repeat(query[-1:], frames, axis=0)


def mean_of_targets(context: Sequence[Pair], size: tuple[int, int], resample: Resample = "bicubic") -> Clip:
    """The mean of the context's targets at `size`: what a model scores that doesn't look at the query."""
    targets = [resize(pair.target, size, resample).astype(np.float64) for pair in context]
    mean: Clip = np.rint(np.mean(targets, axis=0)).astype(np.uint8)
    return mean
