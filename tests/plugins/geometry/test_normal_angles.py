from __future__ import annotations

import math

import numpy as np
import pytest
from lavin_geometry.angle_histogram import AngleHistogram
from lavin_geometry.normal_angles import NormalAngles, angles_between
from numpy.typing import NDArray

from lavincli.blocks import Mergeable
from lavincli.errors import InputError


def tilted(*degrees: float) -> NDArray[np.float64]:
    """Vectors ``[1, N, 3]`` tilted from (0, 0, 1)."""
    radians = np.radians(degrees)
    return np.stack([np.sin(radians), np.zeros(len(degrees)), np.cos(radians)], axis=-1)[None]


def facing(count: int) -> NDArray[np.float64]:
    return tilted(*[0.0] * count)


def test_by_hand() -> None:
    metric = NormalAngles()
    metric.update(tilted(0, 10, 20, 25, 90, 180), facing(6))
    found = metric.compute()
    assert found == pytest.approx(
        {
            "normal_mean": 325 / 6,
            "normal_median": 22.5,
            "normal_image_mean": 325 / 6,
            "within_11_25": 2 / 6,
            "within_22_5": 3 / 6,
            "within_30": 4 / 6,
        },
        abs=1e-6,
    )
    assert list(found) == list(metric.higher_is_better)


def test_pixels_are_pooled_and_images_averaged_too() -> None:
    first, second = NormalAngles(), NormalAngles()
    first.update(tilted(10), facing(1))
    second.update(tilted(20, 30, 40), facing(3))
    assert isinstance(first, Mergeable)
    first.merge(second)
    found = first.compute()
    assert found["normal_mean"] == pytest.approx(25)
    assert found["normal_median"] == pytest.approx(25)
    assert found["normal_image_mean"] == pytest.approx((10 + 30) / 2)


def test_truth_against_itself_is_exactly_zero() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 50, 3))
    vectors = (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float32)
    metric = NormalAngles()
    metric.update(vectors, vectors)
    assert metric.compute() == {
        **dict.fromkeys(("normal_mean", "normal_median", "normal_image_mean"), 0.0),
        **dict.fromkeys(("within_11_25", "within_22_5", "within_30"), 1.0),
    }


def test_agrees_with_the_arc_cosine_whatever_the_lengths() -> None:
    random = np.random.default_rng(0)
    one, other = random.normal(size=(2, 500, 3))
    cosine = np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    np.testing.assert_allclose(angles_between(one, other), np.degrees(np.arccos(cosine)), atol=1e-6)


def test_unknown_truth_does_not_count_and_an_answer_without_direction_counts_as_ninety() -> None:
    truth = facing(4)
    truth[0, 0] = np.nan
    prediction = tilted(50, 20, 20, 20)
    metric = NormalAngles()
    metric.update(prediction, truth)
    assert metric.compute()["normal_mean"] == pytest.approx(20)
    prediction[0, 1], prediction[0, 2] = np.nan, 0
    metric = NormalAngles()
    metric.update(prediction, truth)
    assert metric.compute()["normal_mean"] == pytest.approx((90 + 90 + 20) / 3)


def test_a_clip_is_scored_as_its_frames() -> None:
    metric = NormalAngles()
    metric.update(np.stack([tilted(10), tilted(20)]), np.stack([facing(1), facing(1)]))
    assert metric.compute()["normal_mean"] == pytest.approx(15)


def test_says_what_it_can_not_score() -> None:
    metric = NormalAngles()
    with pytest.raises(InputError, match="no item"):
        metric.compute()
    with pytest.raises(InputError, match="no pixel"):
        metric.update(facing(3), np.full((1, 3, 3), np.nan))
    with pytest.raises(InputError, match="target"):
        metric.update(facing(3), facing(4))


@pytest.mark.parametrize("count", [1001, 16384, 16385, 300_000])
@pytest.mark.parametrize("centre", [5.0, 60.0])
def test_median_of_many(count: int, centre: float) -> None:
    angles = np.clip(np.random.default_rng(0).normal(centre, 4, count), 0, 180)
    histogram = AngleHistogram()
    for part in np.array_split(angles, 3):
        other = AngleHistogram()
        other.add(part)
        histogram.merge(other)
    tolerance = 1e-12 if count <= 16384 else 0.005 if centre < 30 else 0.05
    assert histogram.median() == pytest.approx(float(np.median(angles)), abs=tolerance)
    assert histogram.mean() == pytest.approx(float(angles.mean()), abs=1e-9)
    assert histogram.count == count


def test_median_of_many_that_are_alike() -> None:
    for angle in (0.0, 29.9999, 180.0):
        histogram = AngleHistogram()
        histogram.add(np.full(20_000, angle))
        assert histogram.median() == pytest.approx(angle, abs=0.05 if angle else 1e-7)
        assert math.isfinite(histogram.mean())
