"""Which pairs are taken, and that it is always the same ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lavincli.clip import Pair
from lavincli.context.seeds import item_seed, stable_seed
from lavincli.context.selection import select_pairs
from lavincli.errors import InputError, UnknownNameError

BLACK = np.zeros((1, 2, 2, 3), dtype=np.uint8)
PAIRS = [Pair(str(number), BLACK, BLACK) for number in range(8)]


def _ids(pairs: list[Pair]) -> list[str]:
    return [pair.key for pair in pairs]


def test_fixed_takes_the_first_ones() -> None:
    assert _ids(select_pairs(PAIRS, 3)) == ["0", "1", "2"]
    assert _ids(select_pairs(PAIRS, 3, "fixed", seed=5)) == ["0", "1", "2"]


@given(count=st.integers(1, 8), seed=st.integers(0, 2**40))
def test_random_draws_without_repetition_by_seed(count: int, seed: int) -> None:
    drawn = _ids(select_pairs(PAIRS, count, "random", seed=seed))
    assert len(set(drawn)) == count
    assert drawn == _ids(select_pairs(PAIRS, count, "random", seed=seed))


def test_random_draws_differ_between_seeds_and_reach_every_pair() -> None:
    draws = [_ids(select_pairs(PAIRS, 3, "random", seed=seed)) for seed in range(30)]
    assert len({tuple(draw) for draw in draws}) > 20
    assert {key for draw in draws for key in draw} == {pair.key for pair in PAIRS}


def test_what_cannot_be_selected_is_refused() -> None:
    with pytest.raises(InputError, match="9 context pairs asked for, but the context set has 8"):
        select_pairs(PAIRS, 9)
    with pytest.raises(InputError, match="at least one"):
        select_pairs(PAIRS, 0)
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        select_pairs(PAIRS, 2, "randm")


def test_seeds_are_the_same_everywhere_and_fit_a_json_number() -> None:
    assert item_seed(0, "a/b.png") == 8952197310470579
    assert len({item_seed(seed, key) for seed in range(20) for key in "abcdefgh"}) == 160
    assert all(0 <= stable_seed("x", number) < 2**53 for number in range(200))
    assert stable_seed("a", "b") != stable_seed("ab", "")
