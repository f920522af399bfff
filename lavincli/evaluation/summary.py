"""What the scores of several systems over the same items and draws add up to: means, spreads, intervals, verdicts.

A metric is run once on each item. Where it can be merged (`lavincli.blocks.Mergeable`), the score of the set, and of
every bootstrap resample of it, is put together from the items' metrics; where it can't, it is run on the items again,
and has an interval only if the score of the set is the mean over its items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from lavincli.blocks import Mergeable, Metric
from lavincli.evaluation.bootstrap import interval, interval_around, resamples
from lavincli.evaluation.results import MetricResult, Score, Verdict
from lavincli.evaluation.scoring import MODEL, WRONG_CONTEXT, Tallies, Tally

if TYPE_CHECKING:
    from lavincli.cards.task import Task

# Scores of whole sets cost more to resample than means do.
_SET_RESAMPLES: Final = 400


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a summary leaves beside its results.

    Attributes:
        resampled: by key, the model's score in each bootstrap resample ``[400]``, for scores that only a set has: with
            them two runs over the same items can be compared in pairs.
        not_numbers: keys whose score of the whole set is NaN.
    """

    resampled: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    not_numbers: list[str] = field(default_factory=list)


def summarise(task: Task, tallies: Tallies, baselines: Sequence[str]) -> tuple[dict[str, MetricResult], Statistics]:
    """What the tallies amount to, by metric key; `baselines` says which of the systems are baselines."""
    statistics = Statistics()
    totals = {system: [tally.total() for tally in draws] for system, draws in tallies.items()}
    results: dict[str, MetricResult] = {}
    for name, metric in task.metrics.items():
        keys = metric.higher_is_better
        sets = {
            key: {system: np.array([total[key] for total in draws]) for system, draws in totals.items()} for key in keys
        }
        averaged = all(_is_mean_of_items(tallies, key, sets[key]) for key in keys)
        spread = _OverItems(tallies) if averaged else _OverSets(tallies, name, sets) if _can_merge(metric) else None
        for key, higher_is_better in keys.items():
            sign = 1.0 if higher_is_better else -1.0
            best = _best(sets[key], baselines, sign)
            if np.isnan(sets[key][MODEL]).any():
                statistics.not_numbers.append(key)
            if isinstance(spread, _OverSets) and len(tallies[MODEL][0]) > 1:
                statistics.resampled[key] = spread.statistics(key, MODEL)
            gains = sign * _difference(sets[key][MODEL], sets[key][best])
            scores = {
                system: _score(draws, spread.interval(key, system) if spread else None)
                for system, draws in sets[key].items()
            }
            results[key] = MetricResult(
                higher_is_better=higher_is_better,
                model=scores[MODEL],
                baselines={baseline: scores[baseline] for baseline in baselines},
                best_baseline=best,
                margin=_score(gains, spread.margin(key, best, sign) if spread else None),
                beats_baseline=_verdict(gains),
                wrong_context=scores.get(WRONG_CONTEXT),
            )
    return results, statistics


class _OverItems:
    """Intervals of scores that are means over the items."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies

    def interval(self, key: str, system: str) -> tuple[float, float] | None:
        return interval(self._items(key, system))

    def margin(self, key: str, best: str, sign: float) -> tuple[float, float] | None:
        return interval(sign * _difference(self._items(key, MODEL), self._items(key, best)))

    def _items(self, key: str, system: str) -> NDArray[np.float64]:
        """Each item's score, averaged over the draws."""
        return np.asarray(np.mean([tally.of_items(key) for tally in self._tallies[system]], axis=0))


class _OverSets:
    """Intervals of scores that only a set has, from one metric's merges over resampled sets.

    ``sets`` has these scores, by key and system those of each draw.
    """

    def __init__(self, tallies: Tallies, name: str, sets: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> None:
        self._tallies = tallies
        self._name = name
        self._sets = sets
        self._kept: dict[str, list[list[dict[str, float]]]] = {}

    def interval(self, key: str, system: str) -> tuple[float, float] | None:
        if self._count() < 2:
            return None
        score, statistics = float(np.mean(self._sets[key][system])), self.statistics(key, system)
        found = interval_around(score, statistics)
        # Moving it must not take an average precision below 0 or above 1.
        lowest = 0.0 if min(score, statistics.min()) >= 0 else -np.inf
        highest = 1.0 if max(score, statistics.max()) <= 1 else np.inf
        return None if found is None else (max(found[0], lowest), min(found[1], highest))

    def margin(self, key: str, best: str, sign: float) -> tuple[float, float] | None:
        if self._count() < 2:
            return None
        gains = _difference(self._sets[key][MODEL], self._sets[key][best])
        resampled = _difference(self.statistics(key, MODEL), self.statistics(key, best))
        return interval_around(sign * float(np.mean(gains)), sign * resampled)

    def _count(self) -> int:
        return len(self._tallies[MODEL][0])

    def statistics(self, key: str, system: str) -> NDArray[np.float64]:
        """The score of each resampled set, averaged over the draws."""
        if system not in self._kept:
            self._kept[system] = self._of_draws(self._tallies[system])
        return np.asarray(np.mean([[scores[key] for scores in draw] for draw in self._kept[system]], axis=0))

    def _of_draws(self, draws: Sequence[Tally]) -> list[list[dict[str, float]]]:
        """What the metric says of each resample of each draw; of draws with the same scores it is asked once."""
        indices = resamples(self._count(), _SET_RESAMPLES)
        found: list[list[dict[str, float]]] = []
        for place, tally in enumerate(draws):
            same = next((earlier for earlier in range(place) if draws[earlier].holds_the_scores_of(tally)), None)
            found.append(tally.resampled(self._name, indices) if same is None else found[same])
        return found


def _can_merge(metric: Metric) -> bool:
    return isinstance(metric, Mergeable)


def _is_mean_of_items(tallies: Tallies, key: str, sets: Mapping[str, NDArray[np.float64]]) -> bool:
    """Whether the score of a set is the mean over its items, for every system."""
    return all(
        np.allclose(
            [np.mean(tally.of_items(key)) for tally in draws], sets[system], rtol=1e-6, atol=1e-9, equal_nan=True
        )
        for system, draws in tallies.items()
    )


def _best(sets: Mapping[str, NDArray[np.float64]], baselines: Sequence[str], sign: float) -> str:
    return max(baselines, key=lambda name: sign * float(np.mean(sets[name])))


def _score(draws: NDArray[np.float64], over_items: tuple[float, float] | None) -> Score:
    several = len(draws) > 1 and bool(np.isfinite(draws).all())
    return Score(
        mean=float(np.mean(draws)),
        std=float(np.std(draws, ddof=1)) if several else None,
        draws=[float(value) for value in draws],
        interval=over_items,
    )


def _difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """`one` - `other`, with equal infinities (two perfect answers) counting as no difference."""
    return np.subtract(one, other, out=np.zeros_like(one), where=one != other)


def _verdict(gains: NDArray[np.float64]) -> Verdict:
    if (gains > 0).all():
        return "yes"
    return "unclear" if float(np.mean(gains)) > 0 else "no"
