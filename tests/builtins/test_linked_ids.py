"""Ids of several answers: matched, and voted on."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lavincli.builtins.linked_ids import linked, medoid, voted


def _ids(*boxes: tuple[int, int, int], size: int = 24) -> np.ndarray:
    """Columns ``left .. right - 1`` of an id, one after the other."""
    ids = np.zeros((6, size), dtype=np.int32)
    for number, left, right in boxes:
        ids[:, left:right] = number
    return ids


@settings(deadline=None)
@given(st.permutations([1, 2, 3]))
def test_objects_get_the_names_they_have_elsewhere(names: list[int]) -> None:
    to = _ids((4, 0, 8), (9, 10, 16), (2, 18, 24))
    shuffled = _ids((names[0], 1, 9), (names[1], 10, 15), (names[2], 18, 24))
    np.testing.assert_array_equal(linked(shuffled, to), _ids((4, 1, 9), (9, 10, 15), (2, 18, 24)))


def test_what_is_new_gets_a_new_number() -> None:
    to = _ids((1, 0, 8))
    np.testing.assert_array_equal(linked(_ids((1, 12, 20), (2, 0, 8)), to), _ids((2, 12, 20), (1, 0, 8)))
    np.testing.assert_array_equal(linked(_ids((1, 12, 20), (2, 0, 8)), to, unused=7), _ids((7, 12, 20), (1, 0, 8)))
    np.testing.assert_array_equal(linked(_ids((1, 7, 20)), to), _ids((2, 7, 20)), "hardly any overlap")
    np.testing.assert_array_equal(linked(_ids((3, 0, 4)), np.zeros((6, 24), np.int32)), _ids((1, 0, 4)))


def test_the_best_sum_counts_and_not_the_first_match() -> None:
    """The left object overlaps both; it leaves the right one to the object that has nothing else."""
    to = _ids((1, 0, 8), (2, 8, 16))
    found = linked(_ids((1, 4, 13), (2, 13, 16)), to)
    assert found[0, 5] == 1
    assert found[0, 14] == 2


def test_most_answers_decide_at_each_place() -> None:
    answers = [_ids((1, 0, 8), (2, 12, 20)), _ids((5, 0, 9), (3, 12, 20)), _ids((2, 0, 8), (1, 13, 21))]
    result = voted(answers)
    assert len(np.unique(result)) == 3
    assert (result[:, :8] == result[0, 0]).all()
    assert (result[:, 12:20] == result[0, 12]).all()
    assert (result[:, [8, 9, 10, 11, 20, 21]] == 0).all()
    np.testing.assert_array_equal(voted(answers[:1]), answers[0])


def test_the_middle_answer_is_the_one_most_like_the_others() -> None:
    assert medoid([_ids((1, 0, 20)), _ids((1, 0, 8)), _ids((1, 0, 9))]) == 2
    assert medoid([_ids(), _ids(), _ids((1, 0, 4))]) == 0
