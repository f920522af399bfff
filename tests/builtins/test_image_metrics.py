from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from lavincli.builtins.image_metrics import (
    HolePeakSignalNoiseRatio,
    MeanSquaredError,
    PeakSignalNoiseRatio,
    StructuralSimilarity,
)
from lavincli.clip import Clip
from lavincli.errors import InputError
from tests.small_tasks import picture


def flat(value: int) -> Clip:
    return np.full((1, 16, 16, 3), value, dtype=np.uint8)


def test_psnr_of_a_known_difference_and_averages_over_items() -> None:
    metric = PeakSignalNoiseRatio()
    metric.update(flat(110), flat(100))
    assert metric.compute()["psnr"] == pytest.approx(20 * math.log10(25.5))
    metric.update(flat(101), flat(100))
    assert metric.compute()["psnr"] == pytest.approx((20 * math.log10(25.5) + 20 * math.log10(255)) / 2)


def test_psnr_of_identical_pictures_is_infinite() -> None:
    metric = PeakSignalNoiseRatio(luma=True)
    metric.update(picture(0), picture(0))
    assert metric.compute() == {"psnr": math.inf, "psnr_y": math.inf}
    assert metric.perfect == metric.compute()


def test_psnr_on_luma_weighs_green_most() -> None:
    scores = []
    for channel in range(3):
        other = flat(100)
        other[..., channel] += 20
        metric = PeakSignalNoiseRatio(luma=True)
        metric.update(other, flat(100))
        scores.append(metric.compute()["psnr_y"])
    assert scores[1] < scores[0] < scores[2]
    # BT.601 in the studio range: 20 levels of green are 20 * 128.553 / 255 levels of luma.
    assert scores[1] == pytest.approx(20 * math.log10(255 / (20 * 128.553 / 255)))


Plane = NDArray[np.float64]


def ssim_by_hand(first: Clip, second: Clip) -> float:
    """Wang et al. 2004 with a Gaussian window of 11 x 11, mirrored at the edges."""
    scores = []
    for channel in range(3):
        x, y = (clip[0, ..., channel].astype(float) for clip in (first, second))

        def mean(values: Plane) -> Plane:
            smooth: Plane = ndimage.gaussian_filter(values, 1.5, truncate=5 / 1.5, mode="mirror")
            return smooth

        var_x, var_y = mean(x * x) - mean(x) ** 2, mean(y * y) - mean(y) ** 2
        covariance = mean(x * y) - mean(x) * mean(y)
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        top = (2 * mean(x) * mean(y) + c1) * (2 * covariance + c2)
        scores.append(top / ((mean(x) ** 2 + mean(y) ** 2 + c1) * (var_x + var_y + c2)))
    return float(np.mean(scores))


def test_ssim_is_the_published_formula() -> None:
    clip = picture(1)
    noisy = np.clip(clip + np.random.default_rng(0).normal(0, 25, clip.shape), 0, 255).astype(np.uint8)
    metric = StructuralSimilarity()
    metric.update(noisy, clip)
    assert metric.compute()["ssim"] == pytest.approx(ssim_by_hand(noisy, clip), abs=1e-6)
    perfect = StructuralSimilarity(luma=True)
    perfect.update(clip, clip)
    assert perfect.compute() == pytest.approx({"ssim": 1.0, "ssim_y": 1.0})


def test_mse_on_both_scales() -> None:
    other = flat(100)
    other[..., 0] += 51
    metric = MeanSquaredError()
    metric.update(other, flat(100))
    scores = metric.compute()
    assert scores["mse"] == pytest.approx(0.2**2 / 3)
    assert scores["mse_imagenet"] == pytest.approx((0.2 / 0.229) ** 2 / 3)


def test_psnr_hole_looks_inside_the_hole_only() -> None:
    target = picture(2, 32, 32)
    query = target.copy()
    query[:, 5:13, 20:28] = 127
    prediction = target.copy()
    prediction[:, :5] = 0
    prediction[:, 5:13, 20:28] = target[:, 5:13, 20:28] // 2
    inside = (target[:, 5:13, 20:28].astype(float) - target[:, 5:13, 20:28] // 2) ** 2
    metric = HolePeakSignalNoiseRatio()
    metric.update(prediction, target, query=query)
    assert metric.compute()["psnr_hole"] == pytest.approx(10 * math.log10(255**2 / inside.mean()))


def test_wrong_use_is_told() -> None:
    with pytest.raises(InputError, match="no item"):
        PeakSignalNoiseRatio().compute()
    with pytest.raises(InputError, match="can't be compared"):
        PeakSignalNoiseRatio().update(flat(0), picture(0))
    with pytest.raises(InputError, match="needs the query"):
        HolePeakSignalNoiseRatio().update(flat(0), flat(0))
    with pytest.raises(InputError, match="no mid-gray"):
        HolePeakSignalNoiseRatio().update(flat(0), flat(0), query=flat(0))
