from __future__ import annotations

import pickle

import numpy as np
import pytest
from lavin_geometry.affine_invariant_depth import AffineInvariantDepth
from numpy.typing import ArrayLike, NDArray

from lavincli.blocks import Mergeable
from lavincli.errors import InputError


def disparity(depth: ArrayLike) -> NDArray[np.float64]:
    return 1 / np.asarray(depth, dtype=np.float64)


def scores(prediction: NDArray[np.floating], target: NDArray[np.floating], **options: float) -> dict[str, float]:
    metric = AffineInvariantDepth(**options)  # type: ignore[arg-type]
    metric.update(prediction, target)
    return metric.compute()


def by_reference(prediction: NDArray[np.float64], target: NDArray[np.float64]) -> dict[str, float]:
    """As Marigold's evaluation does it, with numpy's least squares."""
    depth = 1 / target
    valid = (depth > 1e-3) & (depth < 10)
    matrix = np.stack([prediction[valid], np.ones(valid.sum())], axis=1)
    scale, shift = np.linalg.lstsq(matrix, target[valid], rcond=None)[0]
    aligned = np.clip(scale * prediction + shift, 1e-3, None)
    predicted = np.clip(1 / aligned, 1e-3, 10)[valid]
    truth = depth[valid]
    return {
        "abs_rel": float(np.mean(np.abs(predicted - truth) / truth)),
        "delta1": float(np.mean(np.maximum(predicted / truth, truth / predicted) < 1.25)),
        "rmse": float(np.sqrt(np.mean((predicted - truth) ** 2))),
    }


def test_any_scale_and_shift_is_perfect() -> None:
    truth = disparity(np.random.default_rng(0).uniform(0.5, 9, (20, 30)))
    for prediction in (truth, truth * 7 + 3, truth * 0.01 - 5):
        assert scores(prediction, truth) == pytest.approx({"abs_rel": 0, "delta1": 1, "rmse": 0}, abs=1e-9)


def test_by_hand() -> None:
    # Disparities 1, 1/2, 1/4; the prediction says the last two are alike. Least squares: 1 and 3/8 for both.
    target = disparity([[1, 2, 4]])
    found = scores(np.array([[1.0, 0.0, 0.0]]), target)
    predicted = 8 / 3
    assert found["abs_rel"] == pytest.approx(((predicted - 2) / 2 + (4 - predicted) / 4) / 3, abs=1e-12)
    assert found["delta1"] == pytest.approx(1 / 3)  # 2.67 / 2 and 4 / 2.67 are both more than 1.25
    assert found["rmse"] == pytest.approx(np.sqrt(((predicted - 2) ** 2 + (4 - predicted) ** 2) / 3), abs=1e-12)


def test_a_constant_is_the_mean_disparity() -> None:
    target = disparity([[1, 2, 4, 4]])
    for value in (0.0, 0.3, -7.0):
        found = scores(np.full((1, 4), value, dtype=np.float32), target)
        assert found["abs_rel"] == pytest.approx((1 + 0 + 0.5 + 0.5) / 4, abs=1e-12)  # everything at 2 m
        assert found["delta1"] == 0.25


def test_a_constant_truth_is_met_by_any_prediction() -> None:
    target = np.full((3, 3), 0.5)
    for prediction in (np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)):
        assert scores(prediction, target) == pytest.approx({"abs_rel": 0, "delta1": 1, "rmse": 0}, abs=1e-12)


def test_near_and_far_swapped_is_turned_round_as_in_the_field_or_not_at_all() -> None:
    target = disparity([[1, 2, 4, 4]])
    assert scores(1 - target, target)["abs_rel"] == pytest.approx(0, abs=1e-12)
    assert scores(1 - target, target, positive_scale=True)["abs_rel"] == pytest.approx(0.5)
    assert scores(target, target, positive_scale=True)["abs_rel"] == pytest.approx(0, abs=1e-12)


def test_fits_beyond_the_range_are_clipped() -> None:
    # The line through (0, 0.9), (1, 0.9), (2, 0.9), (-10, 0.11) falls below 1 / 10 m nowhere but at the last point.
    guess = np.array([[0.0, 1.0, 2.0, -10.0]])
    target = np.array([[0.9, 0.95, 0.9, 0.11]])
    assert scores(guess, target) == pytest.approx(by_reference(guess, target), abs=1e-12)
    low = np.array([[0.0, 0.0, 1.0, 5.0]])
    near = np.array([[0.2, 0.3, 0.1001, 0.1001]])
    fitted = np.polyval(np.polyfit(low[0], near[0], 1), low[0])
    assert fitted.min() < 0.1  # deeper than 10 m
    assert scores(low, near) == pytest.approx(by_reference(low, near), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_reference(seed: int) -> None:
    random = np.random.default_rng(seed)
    target = disparity(random.uniform(0.3, 14, (24, 32)))  # some of it beyond 10 m
    prediction = target * 3 + random.normal(0, 0.1, target.shape)
    assert scores(prediction, target) == pytest.approx(by_reference(prediction, target), abs=1e-9)


def test_pixels_outside_the_range_or_unknown_do_not_count() -> None:
    target = disparity([[1, 2, 4, 20, 0.5]])
    target[0, 4] = np.nan
    target = np.append(target, [[0.0]], axis=1)  # infinitely far
    prediction = np.array([[1, 0.5, 0.25, 99, np.nan, -99]])
    assert scores(prediction, target)["abs_rel"] == pytest.approx(0, abs=1e-12)
    assert scores(prediction, target, max_depth=30)["abs_rel"] > 0.1
    assert scores(prediction, target, min_depth=1.5)["delta1"] == 1


def test_clips_are_aligned_as_one_and_items_are_averaged() -> None:
    first, second = disparity([[1, 2, 4]]), disparity([[1, 2, 4]])
    clip = np.stack([first, second])
    flickering = np.stack([first, second * 3])
    assert scores(flickering, clip)["abs_rel"] > 0.1
    metric = AffineInvariantDepth()
    metric.update(first, first)
    metric.update(second * 3, second)
    assert metric.compute()["abs_rel"] == pytest.approx(0, abs=1e-12)
    constant = AffineInvariantDepth()
    constant.update(np.zeros((1, 4)), disparity([[1, 2, 4, 4]]))
    assert isinstance(metric, Mergeable)
    metric.merge(constant)
    assert metric.compute()["abs_rel"] == pytest.approx(0.5 / 3)


def test_says_what_it_can_not_score() -> None:
    metric = AffineInvariantDepth()
    with pytest.raises(InputError, match="no item"):
        metric.compute()
    with pytest.raises(InputError, match=r"no pixel between 0\.001 and 10 m"):
        metric.update(np.zeros((2, 2)), np.full((2, 2), np.nan))
    with pytest.raises(InputError, match="not finite"):
        metric.update(np.full((2, 2), np.nan), np.ones((2, 2)))
    with pytest.raises(InputError, match=r"\[2, 2\], the target \[3, 2\]"):
        metric.update(np.zeros((2, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="min_depth"):
        AffineInvariantDepth(min_depth=5, max_depth=2)


def test_one_valid_pixel_is_enough_and_it_can_be_sent() -> None:
    target = np.full((2, 2), np.nan)
    target[0, 0] = 0.5
    metric = AffineInvariantDepth()
    metric.update(np.ones((2, 2)), target)
    assert pickle.loads(pickle.dumps(metric)).compute() == {"abs_rel": 0, "delta1": 1, "rmse": 0}  # noqa: S301
    assert "least-squares scale and shift" in metric.alignment
