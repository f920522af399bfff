"""The control that shows whether a model reads its context: the pairs of other tasks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lavincli.clip import Pair
from lavincli.context.seeds import stable_seed
from lavincli.context.selection import select_pairs
from lavincli.errors import InputError, LavinError
from lavincli.registry import tasks

if TYPE_CHECKING:
    from lavincli.cards.task import Task

logger = logging.getLogger(__name__)


def wrong_contexts(
    task: Task, count: int, draws: int, seed: int, *, size: int | None = None
) -> list[tuple[str, list[Pair]]]:
    """For each draw another task's name, and `count` of its pairs (all, if it has fewer), at `size` (None: as stored).

    The other tasks that have a context set, of clips as long as this task's, take turns in an order drawn by seed. To
    a task whose clips are as long as nobody else's (two frames and their flow), pairs of others, rather of those with
    answers as long, are brought to its lengths: cut, or with their last frame held.

    Raises InputError if there is no other task.
    """
    others = {name: other for name, other in tasks().items() if name != task.name and _has_context(other)}
    order = np.random.default_rng(stable_seed("wrong context", seed, task.name)).permutation(sorted(others))
    wanted = _lengths(task.context_pairs(size))
    loaded: dict[str, list[Pair]] = {}
    fitting: list[str] = []
    for name in map(str, order):
        try:
            loaded[name] = others[name].context_pairs(size)
        except LavinError as error:
            logger.warning("%s: is no wrong context for %s: %s", name, task.name, error)
            continue
        fitting += [name] if _lengths(loaded[name]) == wanted else []
        if len(fitting) == draws:
            break
    if not fitting:
        as_long = [name for name, pairs in loaded.items() if _lengths(pairs)[1] == wanted[1]]
        fitting = (as_long or list(loaded))[:draws]
    if not fitting:
        raise InputError(f"{task.name}: no other task has a context set that could serve as a wrong one")
    chosen: list[tuple[str, list[Pair]]] = []
    for index in range(draws):
        name = fitting[index % len(fitting)]
        pairs = [_of_lengths(pair, wanted) for pair in loaded[name]]
        chosen.append((name, select_pairs(pairs, min(count, len(pairs)), "random", seed=stable_seed(seed, index))))
    return chosen


def _lengths(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Frames of an input and of a target."""
    return len(pairs[0].input), len(pairs[0].target)


def _of_lengths(pair: Pair, lengths: tuple[int, int]) -> Pair:
    """The pair with so many frames of input and target: cut, or with the last frame held."""
    sides = (pair.input, pair.target)
    source, target = (
        clip[:frames]
        if len(clip) >= frames
        else np.concatenate([clip, np.repeat(clip[-1:], frames - len(clip), axis=0)])
        for clip, frames in zip(sides, lengths, strict=True)
    )
    return Pair(pair.key, source, target)


def _has_context(task: Task) -> bool:
    return (task.folder / "context").is_dir()
