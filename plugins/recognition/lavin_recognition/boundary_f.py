"""Boundary F-measure, the score of edge detection (Martin, Fowlkes, Malik 2004; the BSDS500 benchmark)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boundary_matching import match_lines
from lavin_recognition.edge_map import EdgeMap
from lavin_recognition.thinning import thin
from lavincli.clip import Clip
from lavincli.errors import InputError

_LEAST_TOLERANCE = 1.0
"""Pixels. An edge of a thumbnail can't be placed better than a pixel; matters below 94 x 94 only."""


class BoundaryF:
    """ODS, OIS and AP of edge maps, against one truth or those of several people.

    A prediction is cut at evenly spaced thresholds, thinned, and its pixels are matched one to one with the target's,
    no farther apart than ``tolerance``; with several people's targets, with each of them in turn. Precision is the
    share of predicted pixels that match anybody's, recall the share of all people's pixels that are matched, F their
    harmonic mean:

    - ``ods``: F of the whole set at the one threshold that is best for it.
    - ``ois``: F of the whole set with each item at its own best threshold.
    - ``ap``: area under the curve of precision over recall, precision taken as the best at that recall or a higher one
      (so that a perfect map scores 1; the benchmark interpolates linearly instead).

    The matching has as many pairs as any can have, near ones first. The benchmark's own code looks for the cheapest
    matching, with outliers at a fixed cost, on a random sparse graph; its counts are within a few pixels.

    Args:
        thresholds: how many. The benchmark takes 99, which costs four times as much for nearly the same scores.
        tolerance: as a share of the diagonal; the benchmark takes 0.0075.
    """

    higher_is_better = MappingProxyType({"ods": True, "ois": True, "ap": True})

    def __init__(self, *, thresholds: int = 24, tolerance: float = 0.0075) -> None:
        if thresholds < 1 or tolerance <= 0:
            raise ValueError(f"thresholds >= 1 and tolerance > 0 are needed, not {thresholds} and {tolerance}")
        self._levels = np.linspace(1 / (thresholds + 1), 1 - 1 / (thresholds + 1), thresholds)
        self._tolerance = tolerance
        self._counts: list[NDArray[np.int64]] = []
        self._several_people = False

    @property
    def picture_loss(self) -> Mapping[str, float]:
        """One truth goes through a picture as it is; several are drawn as their mean, which is nobody's own."""
        return dict.fromkeys(self.higher_is_better, 0.5) if self._several_people else {}

    def update(self, prediction: EdgeMap, target: EdgeMap, *, query: Clip | None = None) -> None:
        """Count in one prediction. Raises InputError if the sizes differ.

        Args:
            prediction: ``float [H, W]`` in 0..1; ``bool`` for lines that are not to be thinned; or ``[A, H, W]``, a map
                for each person, matched with that person's target alone (so that a truth is perfect against itself).
            target: ``[H, W]``, an edge where it is at least 0.5; or ``[A, H, W]`` by A people.
            query: not needed.
        """
        del query
        truths = (target if target.ndim == 3 else target[None]) >= 0.5
        if prediction.shape not in (truths.shape, truths.shape[1:]):
            raise InputError(f"the predicted edges are {list(prediction.shape)}, the target {list(target.shape)}")
        radius = max(_LEAST_TOLERANCE, self._tolerance * float(np.hypot(*truths.shape[1:])))
        if prediction.ndim == 3:
            counts = [self._count(one, truth[None], radius) for one, truth in zip(prediction, truths, strict=True)]
            self._counts.append(np.sum(counts, axis=0))
        else:
            self._counts.append(self._count(prediction, truths, radius))
        self._several_people |= len(truths) > 1

    def _count(self, prediction: EdgeMap, truths: NDArray[np.bool_], radius: float) -> NDArray[np.int64]:
        """For each threshold: predicted pixels matched by anybody's, predicted ones, true ones matched, true ones."""
        true = np.count_nonzero(truths)
        counts = np.zeros((len(self._levels), 4), dtype=np.int64)
        previous: NDArray[np.bool_] | None = None
        for index, level in enumerate(self._levels):
            edges = prediction >= level
            if previous is not None and np.array_equal(edges, previous):
                counts[index] = counts[index - 1]
                continue
            previous = edges
            lines = edges if prediction.dtype == np.bool_ else thin(edges)
            matched, recalled = np.zeros_like(lines), 0
            for truth in truths:
                near_line, near_truth = match_lines(lines, truth, radius)
                matched |= near_line
                recalled += int(np.count_nonzero(near_truth))
            counts[index] = np.count_nonzero(matched), np.count_nonzero(lines), recalled, true
        return counts

    def merge(self, other: BoundaryF) -> None:
        """Count in the items of another instance with the same thresholds."""
        self._counts.extend(other._counts)
        self._several_people |= other._several_people

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


def _precision_recall(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From ``[..., 4]`` as `_count` gives it. Nothing predicted is precise; nothing to find is all found."""
    matched, predicted, recalled, true = np.moveaxis(counts, -1, 0)
    precision = np.where(predicted > 0, matched / np.maximum(predicted, 1), 1.0)
    recall = np.where(true > 0, recalled / np.maximum(true, 1), 1.0)
    return precision, recall


def _f_measure(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    precision, recall = _precision_recall(counts)
    return 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)


def _average_precision(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    order = np.argsort(recall, kind="stable")
    envelope = np.maximum.accumulate(precision[order][::-1])[::-1]
    return float(np.sum(np.diff(recall[order], prepend=0.0) * envelope))
