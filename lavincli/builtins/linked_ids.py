"""Ids of objects in several answers: which are the same object, and what most answers say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Ids = NDArray[np.int32]
"""Ids of any shape; 0 = no object, below 0 = not judged."""

LEAST_IOU: Final = 0.25
"""Two objects that overlap less than this are never taken for one."""


def linked(ids: Ids, to: Ids, *, where: Ids | None = None, unused: int | None = None) -> Ids:
    """``ids`` with the names that their objects have in ``to``.

    Objects are matched one to one so that the sum of their overlaps (IoU) is largest. What has no partner gets the next
    free numbers, in the order of its ids.

    Args:
        ids: ids to rename.
        to: ids of the same places as ``where``.
        where: the part of ``ids`` that ``to`` speaks of; all of ``ids`` by default.
        unused: the first free number; by default the one after the largest in ``to``.
    """
    shared = ids if where is None else where
    free = max(int(to.max(initial=0)) + 1, 1) if unused is None else unused
    names = _matched(shared, to)
    renamed = ids.copy()
    for number in np.unique(ids[ids > 0]):
        if int(number) not in names:
            names[int(number)] = free
            free += 1
        renamed[ids == number] = names[int(number)]
    return renamed


def voted(answers: Sequence[Ids]) -> Ids:
    """What most answers say at each place, once their ids are those of the answer that is most like the others.

    Of two that are said as often, what that answer says counts, else the smaller id.
    """
    middle = medoid(answers)
    named = [linked(answer, answers[middle]) for answer in answers]
    # Objects that only one answer knows can't win, but two of them may bear the same number: told apart no further.
    candidates = np.unique(np.concatenate([np.unique(answer) for answer in named]))
    best, votes = named[middle].copy(), np.zeros(named[middle].shape, dtype=np.float32)
    for answer in named:
        votes += answer == named[middle]
    votes += 0.5
    for number in candidates:
        count = np.sum([answer == number for answer in named], axis=0)
        better = count > votes
        best[better], votes[better] = number, count[better]
    return best


def medoid(answers: Sequence[Ids]) -> int:
    """The place of the answer that is most like all others; the first one of those that are so equally."""
    alike = [sum(_agreement(one, other) for other in answers) for one in answers]
    return int(np.argmax(alike))


def _matched(ids: Ids, to: Ids) -> dict[int, int]:
    """For each id that overlaps one of ``to`` enough, the id there."""
    own, others, overlap = _overlaps(ids, to)
    if not len(own) or not len(others):
        return {}
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return {
        int(own[row]): int(others[column])
        for row, column in zip(rows, columns, strict=True)
        if overlap[row, column] >= LEAST_IOU
    }


def _agreement(one: Ids, other: Ids) -> float:
    """How well the objects of one answer are found in another, 0..1: their best overlaps, by their pixels."""
    own, others, overlap = _overlaps(one, other)
    if not len(own) or not len(others):
        return float(len(own) == len(others))
    pixels = np.array([np.count_nonzero(one == number) for number in own])
    return float((overlap.max(axis=1) * pixels).sum() / pixels.sum())


def _overlaps(one: Ids, other: Ids) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """The ids of both, and the IoU of each of the first with each of the second."""
    first, place_first = np.unique(np.maximum(one, 0), return_inverse=True)
    second, place_second = np.unique(np.maximum(other, 0), return_inverse=True)
    both = np.bincount(
        place_first.ravel() * len(second) + place_second.ravel(), minlength=len(first) * len(second)
    ).reshape(len(first), len(second))
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    kept_first, kept_second = first > 0, second > 0
    return first[kept_first], second[kept_second], (both / np.maximum(union, 1))[kept_first][:, kept_second]
