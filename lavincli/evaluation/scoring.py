"""Scores of several systems over the same items and draws, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.evaluation.bootstrap import interval
from lavincli.evaluation.results import MetricResult, Score, Verdict

if TYPE_CHECKING:
    from lavincli.cards.task import Task

MODEL = "model"
WRONG_CONTEXT = "wrong_context"


def score_item(task: Task, prediction: Any, target: Any, query: Clip) -> dict[str, float]:
    """All scores of the task for one prediction, by key. Raises InputError where a metric can't score it."""
    scores: dict[str, float] = {}
    for metric in task.metrics.values():
        metric.update(prediction, target, query=query)
        scores.update(metric.compute())
    return scores


class Tally:
    """One system under one draw: the metrics of the whole set, and the scores of each item."""

    def __init__(self, task: Task) -> None:
        self._metrics = task.metrics
        self.items: list[dict[str, float]] = []

    def add(self, prediction: Any, target: Any, query: Clip, scores: dict[str, float]) -> None:
        """Count in one item, whose own scores are `scores`."""
        for metric in self._metrics.values():
            metric.update(prediction, target, query=query)
        self.items.append(scores)

    def total(self) -> dict[str, float]:
        """The scores of the set, by key."""
        scores: dict[str, float] = {}
        for metric in self._metrics.values():
            scores.update(metric.compute())
        return scores


def summarise(task: Task, tallies: Mapping[str, Sequence[Tally]], baselines: Sequence[str]) -> dict[str, MetricResult]:
    """What the tallies of each system (one a draw) amount to, by metric key.

    Args:
        task: gives the direction of each metric.
        tallies: for each system ("model", the baselines, perhaps "wrong_context") one tally a draw.
        baselines: which of the systems are baselines.
    """
    totals = {system: [tally.total() for tally in draws] for system, draws in tallies.items()}
    results: dict[str, MetricResult] = {}
    for key, higher_is_better in task.higher_is_better.items():
        sets = {system: np.array([total[key] for total in draws]) for system, draws in totals.items()}
        items = {system: _per_item(draws, key) for system, draws in tallies.items()}
        averaged = all(_is_mean_of_items(tallies[system], key, sets[system]) for system in tallies)
        scores = {system: _score(sets[system], items[system] if averaged else None) for system in tallies}
        sign = 1.0 if higher_is_better else -1.0
        best = max(baselines, key=lambda name: sign * float(np.mean(sets[name])))
        gains = sign * _difference(sets[MODEL], sets[best])
        gains_by_item = sign * _difference(items[MODEL], items[best]) if averaged else None
        results[key] = MetricResult(
            higher_is_better=higher_is_better,
            model=scores[MODEL],
            baselines={name: scores[name] for name in baselines},
            best_baseline=best,
            margin=_score(gains, gains_by_item),
            beats_baseline=_verdict(gains),
            wrong_context=scores.get(WRONG_CONTEXT),
        )
    return results


def _per_item(draws: Sequence[Tally], key: str) -> NDArray[np.float64]:
    """Each item's score, averaged over the draws."""
    table = np.array([[scores[key] for scores in tally.items] for tally in draws], dtype=np.float64)
    return np.asarray(table.mean(axis=0))


def _is_mean_of_items(draws: Sequence[Tally], key: str, totals: NDArray[np.float64]) -> bool:
    """Whether the score of the set is the mean over its items, so that resampling items makes sense."""
    means = [float(np.mean([scores[key] for scores in tally.items])) for tally in draws]
    return bool(np.allclose(means, totals, rtol=1e-6, atol=1e-9, equal_nan=True))


def _score(draws: NDArray[np.float64], by_item: NDArray[np.float64] | None) -> Score:
    several = len(draws) > 1 and bool(np.isfinite(draws).all())
    return Score(
        mean=float(np.mean(draws)),
        std=float(np.std(draws, ddof=1)) if several else None,
        draws=[float(value) for value in draws],
        interval=None if by_item is None else interval(by_item),
    )


def _difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """`one` - `other`, with equal infinities (two perfect answers) counting as no difference."""
    return np.subtract(one, other, out=np.zeros_like(one), where=one != other)


def _verdict(gains: NDArray[np.float64]) -> Verdict:
    if (gains > 0).all():
        return "yes"
    return "unclear" if float(np.mean(gains)) > 0 else "no"
