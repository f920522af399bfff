"""What the degradations and the image metrics make of clips."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lavincli.builtins.hole import find_hole
from lavincli.builtins.image_metrics import HolePeakSignalNoiseRatio, PeakSignalNoiseRatio, StructuralSimilarity
from lavincli.builtins.rgb import RGBCodec
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.registry import registry
from tests.small_tasks import picture

SAME_IN_ALL_FRAMES = ["grayscale", "square_hole", "gaussian_blur", "motion_blur", "downscale", "jpeg", "haze"]
NEW_GRAINS_IN_EACH = ["rain_streaks", "gaussian_noise", "low_light"]
RANGED = {"downscale": {"factor": [2.0, 8.0]}}


def apply(name: str, clip: Clip, **options: object) -> Clip:
    made: Clip = registry().block("transforms", name)(**RANGED.get(name, {}), **options)(clip, np.random.default_rng(3))
    return made


def steady(frames: int, size: int = 48) -> Clip:
    return np.repeat(picture(1, size, size), frames, axis=0)


@pytest.mark.parametrize("name", SAME_IN_ALL_FRAMES)
def test_a_steady_clip_stays_steady(name: str) -> None:
    degraded = apply(name, steady(3))
    np.testing.assert_array_equal(degraded, degraded[:1].repeat(3, axis=0))
    np.testing.assert_array_equal(degraded[:1], apply(name, steady(1)))


@pytest.mark.parametrize("name", NEW_GRAINS_IN_EACH)
def test_grains_and_drops_are_new_in_each_frame_but_their_strength_is_not(name: str) -> None:
    degraded = apply(name, steady(4, 96)).astype(float)
    assert (degraded[0] != degraded[1]).any()
    assert np.ptp(degraded.mean(axis=(1, 2, 3))) < 2
    assert np.ptp(degraded.std(axis=(1, 2, 3))) < 4


@pytest.mark.parametrize("name", sorted({*SAME_IN_ALL_FRAMES, *NEW_GRAINS_IN_EACH} - {"grayscale"}))
def test_per_frame_draws_anew_and_leaves_stills_alone(name: str) -> None:
    degraded = apply(name, steady(3), per_frame=True)
    assert all((degraded[0] != degraded[place]).any() for place in (1, 2))
    np.testing.assert_array_equal(apply(name, steady(1), per_frame=True), apply(name, steady(1)))


def test_holes_that_move_are_found_scored_and_filled_in_each_frame() -> None:
    target = np.concatenate([picture(seed, 64, 64) for seed in range(3)])
    target[target == 127] = 126
    query = apply("square_hole", target, per_frame=True)
    hole = find_hole(query)
    assert hole is not None
    np.testing.assert_array_equal(hole, (query == 127).all(axis=3))
    assert hole.sum(axis=(1, 2)).tolist() == [256] * 3
    prediction = np.where(hole[..., None], target // 2, 0).astype(np.uint8)
    metric = HolePeakSignalNoiseRatio()
    metric.update(prediction, target, query=query)
    inside = (target[hole] - (target[hole] // 2).astype(float)) ** 2
    assert metric.compute()["psnr_hole"] == pytest.approx(10 * math.log10(255**2 / inside.mean()))
    filled = RGBCodec(paste_known=True).decode(prediction, query=query)
    np.testing.assert_array_equal(filled[~hole], target[~hole])
    np.testing.assert_array_equal(filled[hole], prediction[hole])
    query[1] = target[1]
    with pytest.raises(InputError, match="no mid-gray"):
        HolePeakSignalNoiseRatio().update(prediction, target, query=query)


def test_psnr_of_a_clip_over_all_pixels_or_by_frame() -> None:
    target = np.full((2, 8, 8, 3), 100, dtype=np.uint8)
    prediction = target.copy()
    prediction[0] += 10
    prediction[1] += 1
    together, apart = PeakSignalNoiseRatio(), PeakSignalNoiseRatio(per_frame=True)
    for metric in (together, apart):
        metric.update(prediction, target)
    assert together.compute()["psnr"] == pytest.approx(10 * math.log10(255**2 / 50.5))
    assert apart.compute()["psnr"] == pytest.approx(10 * math.log10(255**2 / 10))
    prediction[1] = target[1]
    together.update(prediction, target)
    assert math.isfinite(together.compute()["psnr"])


def test_ssim_of_a_clip_is_the_mean_of_its_frames() -> None:
    frames = [(picture(seed), picture(seed + 1)) for seed in range(3)]
    single, whole = StructuralSimilarity(luma=True), StructuralSimilarity(luma=True)
    for prediction, target in frames:
        single.update(prediction, target)
    prediction, target = (np.concatenate(side) for side in zip(*frames, strict=True))
    whole.update(prediction, target)
    assert whole.compute() == pytest.approx(single.compute(), abs=1e-9)
