from __future__ import annotations

import functools
import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from lavin_video.boundary_maps import bound_pixels, boundary_f, dilate, outlines
from lavin_video.foreground_ari import ForegroundARI, adjusted_rand_index
from lavin_video.frame_scores import FrameScores
from lavin_video.jaccard_boundary import JaccardBoundary
from lavin_video.video_flicker import VideoFlicker
from numpy.typing import NDArray
from scipy import ndimage
from torchmetrics.functional.clustering import adjusted_rand_score
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from lavincli.blocks import Mergeable, Metric
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.registry import registry
from tests.plugins.video.made_clips import moving_shapes, photo_like

Ids = NDArray[np.int32]


def clip_of(*levels: int) -> Clip:
    return np.stack([np.full((12, 12, 3), level, dtype=np.uint8) for level in levels])


# ---- frame scores ----


def test_frame_scores_by_hand() -> None:
    metric = FrameScores(known=1, horizons=[1, 2], features="none")
    # The known frame is wrong by 90 levels and doesn't count; the others by 0 (100 dB), 51 (14.0 dB) and 255 (0 dB).
    metric.update(clip_of(90, 50, 151, 255), clip_of(0, 50, 100, 0))
    scores = metric.compute()
    wrong_by_51 = 10 * np.log10(25)
    assert scores["psnr_at_1"] == 100
    assert scores["psnr_at_2"] == pytest.approx(wrong_by_51)
    assert scores["psnr_frames"] == pytest.approx((100 + wrong_by_51 + 0) / 3)
    assert scores["ssim_at_1"] == pytest.approx(1)
    # Of flat pictures only the first factor of SSIM is not 1.
    first = (2 * 151 * 100 + 6.5025) / (151**2 + 100**2 + 6.5025)
    assert scores["ssim_at_2"] == pytest.approx(first, abs=1e-6)
    assert set(scores) == set(metric.higher_is_better)


def test_frame_scores_are_those_of_torchmetrics() -> None:
    truth = photo_like(4, 24, 32)
    prediction = np.roll(truth, 1, axis=2)
    metric = FrameScores(features="none")
    metric.update(prediction, truth)
    first, second = (torch.from_numpy(clip.astype(np.float64).transpose(0, 3, 1, 2)) for clip in (prediction, truth))
    dims = (1, 2, 3)
    expected = peak_signal_noise_ratio(first, second, data_range=255.0, reduction="elementwise_mean", dim=dims)
    assert metric.compute()["psnr_frames"] == pytest.approx(float(expected), abs=1e-6)
    ssim = structural_similarity_index_measure(first, second, data_range=255.0)
    assert isinstance(ssim, torch.Tensor)
    assert metric.compute()["ssim_frames"] == pytest.approx(float(ssim), abs=1e-6)


def test_perceptual_distance_leaves_the_known_frame_out() -> None:
    truth = photo_like(3, 32, 32)
    prediction = truth.copy()
    prediction[0] = 0
    metric = FrameScores(known=1)
    metric.update(prediction, truth)
    assert metric.compute()["perceptual_frames"] == pytest.approx(0, abs=1e-9)
    prediction[2] = 0
    metric.update(prediction, truth)
    assert metric.compute()["perceptual_frames"] > 0.01


def test_frame_scores_refuse() -> None:
    with pytest.raises(ValueError, match="horizons"):
        FrameScores(horizons=[0])
    with pytest.raises(ValueError, match="features"):
        FrameScores(features="vgg")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="12 are needed"):
        FrameScores(known=1, horizons=[12]).update(clip_of(0, 0), clip_of(0, 0))
    with pytest.raises(InputError, match="can't be compared"):
        FrameScores().update(clip_of(0, 0), clip_of(0))


# ---- flicker ----


def flicker(prediction: NDArray[np.generic], truth: NDArray[np.generic], **options: str) -> float:
    metric = VideoFlicker(**options)  # type: ignore[arg-type]
    metric.update(prediction, truth)
    (score,) = metric.compute().values()
    return score


def test_flicker_by_hand() -> None:
    # Errors 0, 10, -10: they change by 10 and by 20.
    assert flicker(clip_of(5, 30, 60), clip_of(5, 20, 70)) == pytest.approx(15)
    # An error that stays is none.
    assert flicker(clip_of(105, 120, 170), clip_of(5, 20, 70)) == 0
    with pytest.raises(InputError, match="2 frames"):
        flicker(clip_of(5), clip_of(5))


def test_depth_flicker_by_hand() -> None:
    truth = np.array([[[1.0, 3.0]], [[1.0, 3.0]]], dtype=np.float32)
    # Any scale and shift of the truth is the truth.
    assert flicker(truth * 7 - 2, truth, of="inverse_depth") == pytest.approx(0, abs=1e-9)
    # A constant is scored as the truth's mean, and does not change.
    assert flicker(np.zeros_like(truth), truth, of="inverse_depth") == 0
    # Least squares on (0, 3), (1, 3) -> (1, 3), (1, 3): p = 3/2 + ... fitted by hand with numpy's own solver.
    guess = np.array([[[0.0, 3.0]], [[1.0, 3.0]]], dtype=np.float32)
    design = np.stack([guess.ravel(), np.ones(4)], axis=1)
    fitted = (design @ np.linalg.lstsq(design, truth.ravel(), rcond=None)[0]).reshape(2, 2)
    expected = np.abs(fitted[1] - fitted[0]).mean() / 2
    assert flicker(guess, truth, of="inverse_depth") == pytest.approx(expected)
    # What isn't known in both frames isn't counted.
    half = truth.copy()
    half[1, 0, 1] = np.nan
    assert np.isfinite(flicker(guess, half, of="inverse_depth"))
    with pytest.raises(InputError, match="known in two frames"):
        flicker(truth, np.full_like(truth, np.nan), of="inverse_depth")
    with pytest.raises(InputError, match="not finite"):
        flicker(np.full_like(truth, np.nan), truth, of="inverse_depth")
    with pytest.raises(ValueError, match="rgb"):
        VideoFlicker(of="depth")  # type: ignore[arg-type]


# ---- J and F ----


def j_and_f(prediction: Ids, truth: Ids) -> dict[str, float]:
    metric = JaccardBoundary()
    metric.update(prediction, truth)
    return metric.compute()


def boxes(*places: tuple[int, int] | None, side: int = 8, size: int = 40) -> Ids:
    """One box a frame, its top left corner at each place; none where there is none."""
    ids = np.zeros((len(places), size, size), dtype=np.int32)
    for frame, place in zip(ids, places, strict=True):
        if place is not None:
            frame[place[0] : place[0] + side, place[1] : place[1] + side] = 1
    return ids


def test_j_by_hand() -> None:
    truth = boxes((4, 4), (4, 4))
    assert j_and_f(truth * 9, truth) == {"j_and_f": 1, "j_mean": 1, "f_mean": 1}
    # Half of it in the second frame: 1 and 32 / 96.
    shifted = boxes((4, 4), (4, 8))
    assert j_and_f(shifted, truth)["j_mean"] == pytest.approx((1 + 1 / 3) / 2)
    # Rightly nothing in the first frame, wrongly nothing in the second one.
    late = boxes(None, (4, 4))
    assert j_and_f(np.zeros_like(late), late) == {"j_and_f": 0.5, "j_mean": 0.5, "f_mean": 0.5}
    assert j_and_f(np.zeros_like(late), np.zeros_like(late))["j_and_f"] == 1
    assert j_and_f(late, np.zeros_like(late))["j_and_f"] == 0
    with pytest.raises(InputError, match="target"):
        j_and_f(late, late[:1])


def test_ids_are_assigned_for_the_whole_clip() -> None:
    one, other = boxes((4, 4), (4, 4), (4, 4)), boxes((24, 24), (24, 24), (24, 24))
    truth = one + 2 * other
    assert j_and_f(5 * other + 7 * one, truth)["j_and_f"] == 1
    # Ids that swap after the first frame can be right in two frames of three only.
    swapped = truth.copy()
    swapped[0] = np.array([0, 2, 1])[truth[0]]
    assert j_and_f(swapped, truth)["j_mean"] == pytest.approx(2 / 3)
    # What is predicted beyond the true objects costs nothing, what is missing counts 0.
    assert j_and_f(truth, one)["j_and_f"] == 1
    assert j_and_f(one, truth)["j_mean"] == 0.5
    # Void is neither right nor wrong.
    void = truth.copy()
    void[other > 0] = -1
    assert j_and_f(truth, void)["j_and_f"] == 1
    one_wrong = one.copy()
    one_wrong[other > 0] = 1
    assert j_and_f(one_wrong, void)["j_and_f"] == 1


def test_memory_does_not_grow_with_the_number_of_objects() -> None:
    """DAVIS' whole sequences of 480p with twenty objects would take gigabytes as masks."""
    rows = np.arange(60) // 3
    truth = np.broadcast_to(rows[None, :, None], (50, 60, 60)).astype(np.int32)
    metric = JaccardBoundary()
    tracemalloc.start()
    metric.update(truth, truth)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert metric.compute()["j_and_f"] == 1
    assert peak < 8 * truth.nbytes


def test_items_count_by_their_objects() -> None:
    one, other = boxes((4, 4)), boxes((24, 24))
    metric = JaccardBoundary()
    metric.update(np.zeros_like(one), one)
    second = JaccardBoundary()
    second.update(one + 2 * other, one + 2 * other)
    metric.merge(second)
    assert metric.compute()["j_mean"] == pytest.approx(2 / 3)


def test_outlines_are_those_of_davis() -> None:
    mask = np.zeros((5, 6), dtype=bool)
    mask[2:, 2:4] = True
    # Pixels that differ from the next one to the right, below or across; below the last row nothing is looked at.
    expected = np.array(
        [[0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0], [0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0]]
    )
    np.testing.assert_array_equal(outlines(mask), expected)


def test_bound_and_disk() -> None:
    assert bound_pixels(480, 854) == 8
    assert bound_pixels(128, 128) == 2
    random = np.random.default_rng(0).random((2, 30, 40)) < 0.01
    for radius in (1, 3, 8):
        expected = np.stack([ndimage.distance_transform_edt(~frame) <= radius for frame in random])
        np.testing.assert_array_equal(dilate(random, radius), expected)


def f_of(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(boundary_f(one[None, None], other[None, None])[0, 0, 0])


def test_f_by_hand() -> None:
    square = np.zeros((100, 100), dtype=bool)
    square[20:60, 20:60] = True
    nothing = np.zeros_like(square)
    assert f_of(square, square) == f_of(nothing, nothing) == 1
    assert f_of(nothing, square) == f_of(square, nothing) == 0
    # The bound is 2 pixels (0.8 % of 141 is 1.13): a shift by 2 is no error, one by 3 leaves only what is level.
    assert f_of(np.roll(square, 2, axis=1), square) == 1
    shifted = f_of(np.roll(square, 3, axis=1), square)
    on_level = (2 * 39 + 4) / (4 * 40 + 1)  # both level edges, but for the corners
    assert shifted == pytest.approx(on_level, abs=0.05)


def reference_f(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The measure from its definition, with distances to the nearest pixel of the other outline."""
    lines, truth = outlines(one), outlines(other)
    if not lines.any() or not truth.any():
        return float(lines.any() == truth.any())
    radius = bound_pixels(*one.shape)
    precision = (ndimage.distance_transform_edt(~truth)[lines] <= radius).mean()
    recall = (ndimage.distance_transform_edt(~lines)[truth] <= radius).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def test_scores_against_the_definition() -> None:
    truth, prediction = moving_shapes(4, 64, seed=1), moving_shapes(4, 64, seed=1)
    prediction = np.roll(prediction, (1, 2), axis=(1, 2))
    f = boundary_f(
        np.stack([prediction == number for number in (1, 2, 3)]), np.stack([truth == number for number in (2, 3)])
    )
    for row, first in enumerate((1, 2, 3)):
        for column, second in enumerate((2, 3)):
            for frame in range(len(truth)):
                expected = reference_f(prediction[frame] == first, truth[frame] == second)
                assert f[row, column, frame] == pytest.approx(expected, abs=1e-6)


# ---- FG-ARI ----


def test_adjusted_rand_index_by_hand() -> None:
    # scikit-learn's documented examples.
    assert adjusted_rand_index(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])) == 1
    assert adjusted_rand_index(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])) == 1
    assert adjusted_rand_index(np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1])) == pytest.approx(4 / 7)
    assert adjusted_rand_index(np.array([0, 0, 0, 0]), np.array([0, 1, 2, 3])) == 0
    assert adjusted_rand_index(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])) == pytest.approx(-0.5)
    assert adjusted_rand_index(np.array([3, 3]), np.array([1, 1])) == 1
    assert adjusted_rand_index(np.array([], int), np.array([], int)) == 1


def test_adjusted_rand_index_is_that_of_torchmetrics() -> None:
    random = np.random.default_rng(0)
    for _ in range(5):
        one, other = random.integers(0, 5, (2, 400))
        other[:200] = one[:200]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch's, of sparse tensors in general
            expected = adjusted_rand_score(torch.from_numpy(one), torch.from_numpy(other))
        assert adjusted_rand_index(one, other) == pytest.approx(float(expected), abs=1e-6)


def test_only_the_foreground_counts() -> None:
    truth = moving_shapes(4, 48)
    prediction = np.array([0, 3, 1, 4, 2])[truth]
    prediction[truth == 0] = np.random.default_rng(0).integers(0, 9, int((truth == 0).sum()))
    metric = ForegroundARI()
    metric.update(prediction, truth)
    assert metric.compute() == {"fg_ari": 1}
    metric.update(np.zeros_like(truth), truth)
    assert metric.compute()["fg_ari"] == pytest.approx(0.5)


# ---- all of them ----


@pytest.mark.parametrize("name", ["frame_scores", "video_flicker", "jaccard_boundary", "foreground_ari"])
def test_metrics_merge_and_say_when_nothing_was_scored(name: str) -> None:
    factory = functools.partial(registry().metrics[name], **({"features": "none"} if name == "frame_scores" else {}))
    truths: list[Any]
    if name in ("frame_scores", "video_flicker"):
        truths = [photo_like(3, 24, 24, seed) for seed in range(2)]
    else:
        truths = [moving_shapes(3, 32, seed=seed) for seed in range(2)]
    predictions = [np.roll(truth, 1, axis=2) for truth in truths]
    together, parts = factory(), [factory(), factory()]
    for part, prediction, truth in zip(parts, predictions, truths, strict=True):
        together.update(prediction, truth)
        part.update(prediction, truth)
    assert isinstance(parts[0], Metric)
    assert isinstance(parts[0], Mergeable)
    parts[0].merge(parts[1])
    assert parts[0].compute() == pytest.approx(together.compute())
    assert set(together.compute()) == set(together.higher_is_better)
    with pytest.raises(InputError, match="no item"):
        factory().compute()
