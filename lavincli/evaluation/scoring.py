"""Scores of single items, and of one system under one draw over all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lavincli.blocks import Mergeable, Metric
from lavincli.clip import Clip
from lavincli.errors import InputError

if TYPE_CHECKING:
    from lavincli.cards.task import Task

MODEL = "model"
WRONG_CONTEXT = "wrong_context"


@dataclass(frozen=True, slots=True)
class ItemScore:
    """The task's metrics after a single item, by name, and the scores they give, by key."""

    metrics: dict[str, Metric]
    scores: dict[str, float]


def score_item(task: Task, prediction: Any, target: Any, query: Clip) -> ItemScore:
    """Score one prediction. Raises InputError where a metric can't score it, or finds no number."""
    metrics = task.metrics
    scores: dict[str, float] = {}
    for name, metric in metrics.items():
        metric.update(prediction, target, query=query)
        found = metric.compute()
        for key, value in found.items():
            if math.isnan(value):
                raise InputError(f"metric {name}: {key} is not a number (NaN) for this item")
        scores.update(found)
    return ItemScore(metrics, scores)


class Tally:
    """One system under one draw: the metrics of the whole set, and those of each item."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._metrics = task.metrics
        self._items: list[ItemScore] = []

    def add(self, prediction: Any, target: Any, query: Clip, item: ItemScore) -> None:
        """Count in one item, which `item` is the score of."""
        for name, metric in self._metrics.items():
            if isinstance(metric, Mergeable):
                metric.merge(item.metrics[name])
            else:
                metric.update(prediction, target, query=query)
        self._items.append(item)

    def __len__(self) -> int:
        return len(self._items)

    def total(self) -> dict[str, float]:
        """The scores of the set, by key."""
        return {key: value for metric in self._metrics.values() for key, value in metric.compute().items()}

    def holds_the_scores_of(self, other: Tally) -> bool:
        """Whether every item's score is the very one of the other: that of an answer which no context changes."""
        return all(one is its for one, its in zip(self._items, other._items, strict=True))

    def of_items(self, key: str) -> NDArray[np.float64]:
        """One score of every item."""
        return np.array([item.scores[key] for item in self._items])

    def resampled(self, name: str, indices: NDArray[np.int64]) -> list[dict[str, float]]:
        """What the metric `name` says of each resample of the items (a row of `indices`)."""
        results: list[dict[str, float]] = []
        for row in indices:
            whole = self._task.metrics[name]
            if not isinstance(whole, Mergeable):
                raise TypeError(f"metric {name} can't be merged")
            for index in row:
                whole.merge(self._items[index].metrics[name])
            results.append(whole.compute())
        return results


Tallies = Mapping[str, Sequence[Tally]]
"""For each system (the model, the baselines, perhaps the wrong context) one tally a draw."""
