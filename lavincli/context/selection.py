"""Which pairs of a context set become the context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from lavincli.clip import Pair
from lavincli.context.seeds import stable_seed
from lavincli.errors import InputError, UnknownNameError

Selector = Callable[[Sequence[Pair], int, int], list[Pair]]
"""``(pairs, count, seed) -> count pairs``, in the order the model sees them."""


def _fixed(pairs: Sequence[Pair], count: int, _seed: int) -> list[Pair]:
    return list(pairs[:count])


def _random(pairs: Sequence[Pair], count: int, seed: int) -> list[Pair]:
    generator = np.random.default_rng(stable_seed("context", seed))
    return [pairs[index] for index in generator.permutation(len(pairs))[:count]]


SELECTORS: Final[Mapping[str, Selector]] = {"fixed": _fixed, "random": _random}
"""``fixed``: the first ones, in the order of their ids. ``random``: drawn by seed, without repetition."""


def select_pairs(pairs: Sequence[Pair], count: int, how: str = "fixed", *, seed: int = 0) -> list[Pair]:
    """Take `count` of `pairs` by one of `SELECTORS`.

    Raises UnknownNameError for another way, InputError if there are fewer pairs than asked for.
    """
    if how not in SELECTORS:
        raise UnknownNameError(how, kind="way to select pairs", known=SELECTORS)
    if count < 1:
        raise InputError(f"{count} context pairs: the model needs at least one to know the task")
    if count > len(pairs):
        raise InputError(f"{count} context pairs asked for, but the context set has {len(pairs)}; ask for fewer")
    return SELECTORS[how](pairs, count, seed)
