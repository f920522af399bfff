"""Boundary F-measure, the score of edge detection (Martin, Fowlkes, Malik 2004; the BSDS500 benchmark)."""

from __future__ import annotations

import functools
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching

from lavin_recognition.thinning import thin
from lavincli.clip import Clip
from lavincli.errors import InputError

_LEAST_TOLERANCE = 1.0
"""Pixels. An edge of a thumbnail can't be placed better than a pixel; matters below 94 x 94 only."""


class BoundaryF:
    """ODS, OIS and AP of edge maps.

    A prediction is cut at evenly spaced thresholds, thinned, and its pixels are matched one to one with the target's,
    no farther apart than ``tolerance``. Counts of matches give precision, recall and their harmonic mean F:

    - ``ods``: F of the whole set at the one threshold that is best for it.
    - ``ois``: F of the whole set with each item at its own best threshold.
    - ``ap``: area under the curve of precision over recall, precision taken as the best at that recall or a higher one
      (so that a perfect map scores 1; the benchmark interpolates linearly instead).

    The matching has as many pairs as any can have (Hopcroft and Karp). The benchmark's own code looks for the
    cheapest matching, with outliers at a fixed cost, on a random sparse graph; its counts are within a few pixels.

    Args:
        thresholds: how many; the benchmark takes 99.
        tolerance: as a share of the diagonal; the benchmark takes 0.0075.
    """

    higher_is_better = MappingProxyType({"ods": True, "ois": True, "ap": True})

    def __init__(self, *, thresholds: int = 24, tolerance: float = 0.0075) -> None:
        if thresholds < 1 or tolerance <= 0:
            raise ValueError(f"thresholds >= 1 and tolerance > 0 are needed, not {thresholds} and {tolerance}")
        self._levels = np.linspace(1 / (thresholds + 1), 1 - 1 / (thresholds + 1), thresholds)
        self._tolerance = tolerance
        self._counts: list[NDArray[np.int64]] = []

    def update(
        self, prediction: NDArray[np.float32], target: NDArray[np.float32], *, query: Clip | None = None
    ) -> None:
        """Count in one prediction. Raises InputError if the sizes differ.

        Args:
            prediction: ``float [H, W]`` in 0..1.
            target: ``[H, W]``, an edge where it is at least 0.5.
            query: not needed.
        """
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted edges are {list(prediction.shape)}, the target {list(target.shape)}")
        radius = max(_LEAST_TOLERANCE, self._tolerance * float(np.hypot(*target.shape)))
        truth = target >= 0.5
        counts = np.zeros((len(self._levels), 3), dtype=np.int64)
        previous: NDArray[np.bool_] | None = None
        for index, level in enumerate(self._levels):
            edges = prediction >= level
            if previous is not None and np.array_equal(edges, previous):
                counts[index] = counts[index - 1]
                continue
            previous = edges
            lines = thin(edges)
            matched = count_matches(lines, truth, radius)
            counts[index] = matched, np.count_nonzero(lines), np.count_nonzero(truth)
        self._counts.append(counts)

    def merge(self, other: BoundaryF) -> None:
        """Count in the items of another instance with the same thresholds."""
        self._counts.extend(other._counts)

    def compute(self) -> dict[str, float]:
        """ODS, OIS and AP of the items so far. Raises InputError if there was none."""
        if not self._counts:
            raise InputError("boundary_f: there is no item to score")
        counts = np.stack(self._counts)
        total = counts.sum(axis=0)
        best = np.argmax(_f_measure(counts), axis=1)
        own = counts[np.arange(len(counts)), best].sum(axis=0)
        return {
            "ods": float(_f_measure(total).max()),
            "ois": float(_f_measure(own)),
            "ap": _average_precision(*_precision_recall(total)),
        }


def count_matches(lines: NDArray[np.bool_], truth: NDArray[np.bool_], radius: float) -> int:
    """How many pixels of ``lines`` can each have a pixel of ``truth`` for itself within ``radius`` pixels."""
    points = np.argwhere(lines)
    if not len(points) or not truth.any():
        return 0
    reach = int(radius)
    number = np.full(np.add(truth.shape, 2 * reach), -1, dtype=np.int32)
    inner = number[reach : reach + truth.shape[0], reach : reach + truth.shape[1]]
    inner[truth] = np.arange(np.count_nonzero(truth), dtype=np.int32)
    offsets = _offsets(radius)
    places = points[:, None] + offsets + reach
    partners = number[places[..., 0], places[..., 1]]
    found = partners >= 0
    starts = np.concatenate([[0], np.cumsum(found.sum(axis=1))]).astype(np.int32)
    graph = sparse.csr_array(
        (np.ones(int(starts[-1]), dtype=np.int8), partners[found], starts),
        shape=(len(points), int(np.count_nonzero(truth))),
    )
    return int(np.count_nonzero(maximum_bipartite_matching(graph, perm_type="column") >= 0))


@functools.cache
def _offsets(radius: float) -> NDArray[np.int64]:
    """(row, column) steps of at most ``radius``, nearest first."""
    reach = int(radius)
    steps = np.argwhere(np.ones((2 * reach + 1, 2 * reach + 1))) - reach
    lengths = np.hypot(*steps.T)
    order = np.argsort(lengths, kind="stable")
    nearest: NDArray[np.int64] = steps[order][lengths[order] <= radius]
    return nearest


def _precision_recall(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From ``[..., 3]`` (matches, predicted, true). Nothing predicted is precise; nothing to find is all found."""
    matches, predicted, true = np.moveaxis(counts, -1, 0)
    precision = np.where(predicted > 0, matches / np.maximum(predicted, 1), 1.0)
    recall = np.where(true > 0, matches / np.maximum(true, 1), 1.0)
    return precision, recall


def _f_measure(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    precision, recall = _precision_recall(counts)
    return 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)


def _average_precision(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    order = np.argsort(recall, kind="stable")
    envelope = np.maximum.accumulate(precision[order][::-1])[::-1]
    return float(np.sum(np.diff(recall[order], prepend=0.0) * envelope))
