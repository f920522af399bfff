"""Trivial answers a model must beat. They go through the task's codec and metrics as the model's answers do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from lavincli.blocks import Codec, TrivialAnswers, resample_of
from lavincli.clip import Clip, Pair
from lavincli.media.geometry import Resample, resize

COPY: Final = "copy_query"
MEAN: Final = "context_mean"
_ANY_SIZE: Final = (1, 32, 32, 3)


def baseline_names(codec: Codec) -> tuple[str, ...]:
    """The trivial answers to a task whose targets are drawn by ``codec``: lavin's own, then those the codec adds."""
    return (COPY, MEAN, *trivial_answers(codec, _ANY_SIZE))


def trivial_answers(codec: Codec, shape: tuple[int, ...]) -> Mapping[str, Clip]:
    """What the codec itself offers, as pictures of ``shape`` ``[T, H, W, 3]``."""
    return codec.trivial_answers(shape) if isinstance(codec, TrivialAnswers) else {}


def baseline_pictures(
    codec: Codec, query: Clip, context: Sequence[Pair], shape: tuple[int, ...], *, mean: Clip | None = None
) -> dict[str, Clip]:
    """Every trivial answer of ``shape`` ``[T, H, W, 3]`` to a query.

    ``mean`` is that of the context, if it is known; without that and without a context it isn't among the answers.
    """
    pictures = {COPY: copy_of_query(query, shape[0])}
    if mean is None and context:
        mean = mean_of_targets(context, (shape[1], shape[2]), resample_of(codec))
    if mean is not None:
        pictures[MEAN] = copy_of_query(mean, shape[0])
    return {**pictures, **trivial_answers(codec, shape)}


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
