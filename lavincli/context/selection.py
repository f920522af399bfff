"""Which pairs of a context set become the context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from lavincli.clip import Clip, Pair
from lavincli.context.features import distances, picture_features
from lavincli.context.seeds import stable_seed
from lavincli.errors import InputError, UnknownNameError

Selector = Callable[[Sequence[Pair], int, int], list[Pair]]
"""``(pairs, count, seed) -> count pairs``, in the order the model sees them."""

NEAREST: Final = "nearest"


def _fixed(pairs: Sequence[Pair], count: int, _seed: int) -> list[Pair]:
    return list(pairs[:count])


def _random(pairs: Sequence[Pair], count: int, seed: int) -> list[Pair]:
    generator = np.random.default_rng(stable_seed("context", seed))
    return [pairs[index] for index in generator.permutation(len(pairs))[:count]]


SELECTORS: Final[Mapping[str, Selector]] = {"fixed": _fixed, "random": _random}
"""``fixed``: the first ones, in the order of their ids. ``random``: drawn by seed, without repetition."""

WAYS_TO_SELECT: Final = (*SELECTORS, NEAREST)
"""Those of `SELECTORS`, one context for all queries, and ``nearest``: for each query the pairs whose inputs look most
like it (`lavincli.context.features`)."""


def select_pairs(pairs: Sequence[Pair], count: int, how: str = "fixed", *, seed: int = 0) -> list[Pair]:
    """Take `count` of `pairs` by one of `SELECTORS`.

    Raises UnknownNameError for another way, InputError if there are fewer pairs than asked for.
    """
    if how not in SELECTORS:
        raise UnknownNameError(how, kind="way to select pairs", known=SELECTORS)
    check_count(pairs, count)
    return SELECTORS[how](pairs, count, seed)


def check_count(pairs: Sequence[Pair], count: int) -> None:
    """Raises InputError unless `count` pairs can be taken."""
    if count < 1:
        raise InputError(f"{count} context pairs: the model needs at least one to know the task")
    if count > len(pairs):
        raise InputError(f"{count} context pairs asked for, but the context set has {len(pairs)}; ask for fewer")


class NearestPairs:
    """Tells how near the inputs of a context set are to a query; the set is looked at once."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._features = [picture_features(pair.input) for pair in pairs]

    def ranked(self, query: Clip) -> list[int]:
        """The places of all pairs, the nearest first; of two that are as near the first one."""
        far = distances(picture_features(query), self._features)
        return [int(place) for place in np.argsort(far, kind="stable")]
