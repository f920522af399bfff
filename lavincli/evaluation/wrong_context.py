"""The control that shows whether a model reads its context: the pairs of other tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lavincli.clip import Pair
from lavincli.context.seeds import stable_seed
from lavincli.context.selection import select_pairs
from lavincli.errors import InputError
from lavincli.registry import tasks

if TYPE_CHECKING:
    from lavincli.cards.task import Task


def wrong_contexts(
    task: Task, count: int, draws: int, seed: int, *, size: int | None = None
) -> list[tuple[str, list[Pair]]]:
    """For each draw another task's name, and `count` of its pairs (all, if it has fewer), at `size` (None: as stored).

    The other tasks that have a context set, of clips as long as this task's, take turns in an order drawn by seed.
    Raises InputError if there is none.
    """
    others = {name: other for name, other in tasks().items() if name != task.name and _has_context(other)}
    order = np.random.default_rng(stable_seed("wrong context", seed, task.name)).permutation(sorted(others))
    wanted = _lengths(task.context_pairs(size))
    fitting: list[tuple[str, list[Pair]]] = []
    for name in map(str, order):
        pairs = others[name].context_pairs(size)
        if _lengths(pairs) == wanted:
            fitting.append((name, pairs))
        if len(fitting) == draws:
            break
    if not fitting:
        raise InputError(f"{task.name}: no other task has a context set that could serve as a wrong one")
    chosen: list[tuple[str, list[Pair]]] = []
    for index in range(draws):
        name, pairs = fitting[index % len(fitting)]
        chosen.append((name, select_pairs(pairs, min(count, len(pairs)), "random", seed=stable_seed(seed, index))))
    return chosen


def _lengths(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Frames of an input and of a target."""
    return len(pairs[0].input), len(pairs[0].target)


def _has_context(task: Task) -> bool:
    return (task.folder / "context").is_dir()
