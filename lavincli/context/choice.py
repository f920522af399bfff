"""Which contexts answer a query: one, or several whose answers are averaged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

import numpy as np

from lavincli.clip import Clip, Pair
from lavincli.context.seeds import stable_seed
from lavincli.context.selection import NEAREST, WAYS_TO_SELECT, NearestPairs, check_count, select_pairs
from lavincli.errors import ConfigError, UnknownNameError

Context = tuple[int, ...]
"""Places of pairs in their set, in the order the model sees them."""

_DRAWS: Final = 32
"""How often a context is drawn that isn't taken already, before the first one is taken once more."""


class ContextChoice:
    """Chooses from a context set.

    Args:
        pairs: the set.
        count: pairs of a context.
        select: "fixed" (the first ones), "random" (drawn by the seed), or "nearest": those whose inputs look most like
            the query, in the order of the set, so that queries with the same ones share a context.
        ensemble: contexts a query. The first is the one without an ensemble; the others are drawn by the seed, from the
            whole set, or with "nearest" from the 2 `count` nearest ones. Where the set is too small to give different
            pairs, contexts differ in their order.
        seed: draws.

    Attributes:
        first: a context of the set: that of all queries, or with "nearest" the first pairs, to know their shape by.

    Raises UnknownNameError for another way to select, ConfigError for an ensemble below 1, InputError for more pairs
    than there are.
    """

    def __init__(
        self, pairs: Sequence[Pair], count: int, *, select: str = "fixed", ensemble: int = 1, seed: int = 0
    ) -> None:
        if select not in WAYS_TO_SELECT:
            raise UnknownNameError(select, kind="way to select pairs", known=WAYS_TO_SELECT)
        if ensemble < 1:
            raise ConfigError(f"an ensemble of {ensemble}: at least 1 context answers a query")
        check_count(pairs, count)
        self.pairs = tuple(pairs)
        self.select, self.count, self.ensemble, self.seed = select, count, ensemble, seed
        self._nearest = NearestPairs(pairs) if select == NEAREST else None
        places = {id(pair): place for place, pair in enumerate(self.pairs)}
        how = "fixed" if select == NEAREST else select
        self.first: Context = tuple(places[id(pair)] for pair in select_pairs(self.pairs, count, how, seed=seed))
        self._shared = self._with_others(self.first, range(len(self.pairs)))

    @property
    def shared(self) -> tuple[Context, ...] | None:
        """The contexts of all queries alike; None where each query gets its own."""
        return self._shared if self._nearest is None else None

    def of(self, query: Clip) -> tuple[Context, ...]:
        """The contexts that answer a query ``[T, H, W, 3]``: one, or as many as the ensemble has."""
        if self._nearest is None:
            return self._shared
        ranked = self._nearest.ranked(query)
        return self._with_others(tuple(sorted(ranked[: self.count])), sorted(ranked[: 2 * self.count]))

    @property
    def fingerprint(self) -> str:
        """A sha256 of the set and the way to choose from it."""
        digest = hashlib.sha256(json.dumps([self.select, self.count, self.ensemble, self.seed]).encode())
        for pair in self.pairs:
            for clip in (pair.input, pair.target):
                digest.update(repr(clip.shape).encode() + clip.tobytes())
        return digest.hexdigest()

    def _with_others(self, first: Context, pool: Sequence[int]) -> tuple[Context, ...]:
        chosen = [first]
        generator = np.random.default_rng(stable_seed("ensemble", self.seed))
        for _ in range(1, self.ensemble):
            draws = (
                tuple(int(place) for place in generator.permutation(list(pool))[: self.count]) for _ in range(_DRAWS)
            )
            chosen.append(next((drawn for drawn in draws if drawn not in chosen), first))
        return tuple(chosen)
