"""Boxes of several answers to one query, fused into one set.

Weighted boxes fusion (Solovyev, Wang, Gabruseva, "Weighted boxes fusion: ensembling boxes from different object
detection models", Image and Vision Computing 2021): boxes that overlap are one box, whose edges are means weighted by
the scores, and whose score is the mean, less where answers lack it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.natives import Boxes

_SAME_IOU: Final = 0.55


def fuse_boxes(answers: Sequence[Boxes]) -> Boxes:
    """One set of boxes, surest first. Crowds, which no answer has, are left out."""
    size = answers[0].size
    groups = group_boxes(answers)
    if not groups:
        return Boxes.of(np.zeros((0, 4), dtype=np.float32), size)
    fused, scores = [], []
    for group in groups:
        weights = np.array([answers[answer].scores[place] for answer, place in group], dtype=np.float64)
        edges = np.stack([answers[answer].xywh[place] for answer, place in group]).astype(np.float64)
        fused.append(weighted(edges, weights))
        scores.append(group_score(weights, len(answers)))
    order = np.argsort(-np.array(scores), kind="stable")
    return Boxes.of(np.stack(fused)[order], size, scores=np.array(scores)[order])


def group_boxes(answers: Sequence[Boxes]) -> list[list[tuple[int, int]]]:
    """The boxes that mean one object, as (answer, place in it): at most one of each answer; surest first."""
    found = [
        (float(boxes.scores[place]), answer, place)
        for answer, boxes in enumerate(answers)
        for place in range(len(boxes))
        if not boxes.crowd[place]
    ]
    groups: list[list[tuple[int, int]]] = []
    for _, answer, place in sorted(found, key=lambda entry: (-entry[0], entry[1], entry[2])):
        box = answers[answer].xywh[place].astype(np.float64)
        overlaps = [
            0.0 if any(member == answer for member, _ in group) else _iou(box, _mean_box(answers, group))
            for group in groups
        ]
        if overlaps and max(overlaps) >= _SAME_IOU:
            groups[int(np.argmax(overlaps))].append((answer, place))
        else:
            groups.append([(answer, place)])
    return groups


def group_score(scores: NDArray[np.float64], answers: int) -> float:
    """The mean score, times the share of the answers that have the object."""
    return float(scores.mean() * min(len(scores), answers) / answers)


def weighted(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of ``[N, ...]`` over N; plain where all weights are 0."""
    kept = weights if weights.sum() > 0 else np.ones_like(weights)
    mean: NDArray[np.float64] = np.tensordot(kept / kept.sum(), values, axes=1)
    return mean


def _mean_box(answers: Sequence[Boxes], group: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    weights = np.array([answers[answer].scores[place] for answer, place in group], dtype=np.float64)
    return weighted(np.stack([answers[answer].xywh[place] for answer, place in group]).astype(np.float64), weights)


def _iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.prod((high - low).clip(0)))
    union = float(np.prod(one[2:]) + np.prod(other[2:])) - shared
    return shared / union if union > 0 else 0.0
