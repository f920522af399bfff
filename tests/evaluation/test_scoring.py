"""What scores add up to: spread, intervals, margins, verdicts."""

from __future__ import annotations

import math
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from lavincli.builtins.frechet_distance import frechet_distance
from lavincli.cards.task import Task
from lavincli.clip import Clip, Pair
from lavincli.evaluation.baselines import copy_of_query, mean_of_targets
from lavincli.evaluation.bootstrap import interval, interval_around, resamples
from lavincli.evaluation.results import MetricResult, Score
from lavincli.evaluation.scoring import MODEL, Tally, score_item
from lavincli.evaluation.summary import summarise
from lavincli.registry import task


def _flat(level: int) -> Clip:
    return np.full((1, 16, 16, 3), level, dtype=np.uint8)


def _summary(model: list[list[int]], copy: list[list[int]], name: str = "small_negative") -> dict[str, MetricResult]:
    """Scores of flat pictures against black: one list of levels a draw."""
    found = task(name)
    tallies = {}
    for system, levels in ((MODEL, model), ("copy", copy)):
        tallies[system] = [Tally(found) for _ in levels]
        for tally, drawn in zip(tallies[system], levels, strict=True):
            for level in drawn:
                item = score_item(found, _flat(level), _flat(0), _flat(0))
                tally.add(_flat(level), _flat(0), _flat(0), item)
    return summarise(found, tallies, ["copy"])[0]


def _mse(level: int) -> float:
    return (level / 255) ** 2


def test_mean_and_spread_over_draws(small_tasks: Path) -> None:
    result = _summary([[10, 20], [30, 40], [50, 60]], [[100, 100]] * 3)["mse"]
    draws = [np.mean([_mse(10), _mse(20)]), np.mean([_mse(30), _mse(40)]), np.mean([_mse(50), _mse(60)])]
    assert result.model.draws == pytest.approx(draws)
    assert result.model.mean == pytest.approx(np.mean(draws))
    assert result.model.std == pytest.approx(np.std(draws, ddof=1))
    assert result.higher_is_better is False
    assert result.margin.mean == pytest.approx(_mse(100) - np.mean(draws))
    assert result.beats_baseline == "yes"


@pytest.mark.parametrize(
    ("model", "verdict"),
    [([90, 90, 90], "yes"), ([10, 10, 110], "unclear"), ([100, 100, 100], "no"), ([200] * 3, "no")],
)
def test_a_baseline_is_beaten_in_every_draw_or_not(small_tasks: Path, model: list[int], verdict: str) -> None:
    assert _summary([[level] for level in model], [[100]] * 3)["mse"].beats_baseline == verdict


def test_more_is_better_where_the_metric_says_so(small_tasks: Path) -> None:
    result = _summary([[10]], [[100]], "small_denoising")["psnr"]
    assert result.higher_is_better is True
    assert result.margin.mean == pytest.approx(20.0)
    assert result.model.std is None
    assert result.model.interval is None


def test_perfect_answers_are_written_as_null_not_infinity(small_tasks: Path) -> None:
    result = _summary([[0, 0], [0, 0]], [[0, 0], [0, 0]], "small_denoising")["psnr"]
    assert result.model.mean is None
    assert result.margin.mean == 0.0
    assert result.beats_baseline == "no"
    assert "null" in result.model_dump_json()
    assert Score(mean=math.nan, std=None, draws=[math.inf, 1.0], interval=None).draws == [None, 1.0]


def test_the_interval_holds_the_mean_and_shrinks_with_items() -> None:
    generator = np.random.default_rng(0)
    few, many = generator.normal(5, 1, 10), generator.normal(5, 1, 1000)
    for values in (few, many):
        found = interval(values)
        assert found is not None
        assert found[0] < values.mean() < found[1]
        assert found == interval(values)
    low, high = interval(many) or (0.0, 0.0)
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(1000), rel=0.15)
    assert interval(np.array([1.0])) is None
    assert interval(np.array([1.0, np.inf])) is None


def test_the_interval_of_a_biased_score_lies_around_it() -> None:
    """A Fréchet distance of few items is larger in nearly every resample, where items come twice."""
    generator = np.random.default_rng(0)
    target = generator.normal(size=(24, 96)) * np.exp(-np.arange(96) / 15)
    near = target + 0.5 * generator.normal(size=target.shape) * np.exp(-np.arange(96) / 15)
    score = frechet_distance(near, target)
    resampled = np.array([frechet_distance(near[row], target[row]) for row in resamples(24, 200)])
    assert np.mean(resampled > score) > 0.95
    low, high = interval_around(score, resampled) or (0.0, 0.0)
    assert low < score < high
    assert high - low == pytest.approx(np.ptp(np.quantile(resampled, [0.025, 0.975])))
    assert interval_around(math.inf, resampled) is interval_around(score, resampled * math.inf) is None


class _Spread:
    """A score that only a set has: the range of the predictions' brightness."""

    higher_is_better = MappingProxyType({"range": True})

    def __init__(self) -> None:
        self.levels: list[int] = []

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        self.levels.append(int(prediction.flat[0]))

    def compute(self) -> dict[str, float]:
        return {"range": float(max(self.levels) - min(self.levels))}


class _MergeableSpread(_Spread):
    def merge(self, other: _Spread) -> None:
        self.levels.extend(other.levels)


class _Brightest(_MergeableSpread):
    """How bright the brightest prediction is, in 0..1."""

    higher_is_better = MappingProxyType({"brightest": True})

    def compute(self) -> dict[str, float]:
        return {"brightest": max(self.levels) / 255}


def test_the_interval_of_a_share_stays_within_0_and_1(small_tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Task, "metrics", property(lambda task: {"brightest": _Brightest()}))
    result = _summary([[255, 0, 0, 0]], [[0, 0, 0, 0]])["brightest"]
    # A third of the resamples have not even one bright item: their mean, two thirds, is moved up to the score.
    low, high = result.model.interval or (0.0, 0.0)
    assert low == pytest.approx(1 / 3, abs=0.1)
    assert high == 1.0
    assert result.baselines["copy"].interval == (0, 0)


@pytest.mark.parametrize("kind", [_Spread, _MergeableSpread])
def test_a_score_of_the_set_has_an_interval_if_it_can_be_merged(
    small_tasks: Path, monkeypatch: pytest.MonkeyPatch, kind: type[_Spread]
) -> None:
    monkeypatch.setattr(Task, "metrics", property(lambda task: {"spread": kind()}))
    result = _summary([[10, 50, 90, 30, 60], [20, 50, 90, 30, 60]], [[5, 5, 6, 5, 5], [5, 5, 6, 5, 5]])["range"]
    assert result.model.draws == [80, 70]
    assert result.margin.draws == [79, 69]
    if kind is _Spread:
        assert result.model.interval is result.margin.interval is None
        return
    assert result.model.interval is not None
    assert result.margin.interval is not None
    # Every resample's range is 75 or less; the interval lies around the score all the same.
    assert 0 < result.model.interval[0] < 75 < result.model.interval[1] < 150
    assert result.margin.interval[0] < 74 < result.margin.interval[1]


def test_baselines() -> None:
    context = [Pair("a", _flat(9), _flat(10)), Pair("b", _flat(9), np.full((1, 30, 20, 3), 21, dtype=np.uint8))]
    mean = mean_of_targets(context, (16, 16))
    assert mean.shape == (1, 16, 16, 3)
    assert set(np.unique(mean)) == {16}
    np.testing.assert_array_equal(copy_of_query(_flat(3), 1), _flat(3))
    np.testing.assert_array_equal(copy_of_query(np.concatenate([_flat(3), _flat(4)]), 1), _flat(4))
