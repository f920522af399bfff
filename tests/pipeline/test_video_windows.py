"""Windows of a video, and their answers joined without a seam."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lavincli.builtins.rgb import RGBCodec
from lavincli.clip import Clip
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.prediction import Prediction
from lavincli.pipeline.video_windows import AnsweredFrame, WindowJoiner, cut_windows, fade_weight, overlap_of
from lavincli.registry import registry


def _video(frames: int, height: int = 4, width: int = 6) -> Clip:
    clip = np.zeros((frames, height, width, 3), dtype=np.uint8)
    clip[:] = np.arange(frames, dtype=np.uint8)[:, None, None, None]
    return clip


def _joined(codec: Any, video: Clip, answer: Callable[[int, Clip], Clip], length: int = 13) -> list[AnsweredFrame]:
    """The frames of a video whose windows are answered by ``answer(number of the window, frames)``."""
    joiner = WindowJoiner(codec, (), overlap_of(length))
    frames: list[AnsweredFrame] = []
    for number, window in enumerate(cut_windows((frame[None] for frame in video), length, overlap_of(length))):
        rgb = answer(number, window.clip)
        value = codec.decode(rgb)
        prediction = Prediction(rgb, value, rgb, None, ("a",), 0, SamplingConfig())
        frames += joiner.add(window, prediction, window.clip)
    frames += joiner.rest()
    assert [frame.number for frame in frames] == list(range(len(video)))
    return frames


@settings(deadline=None)
@given(frames=st.integers(1, 60), length=st.sampled_from([5, 9, 13]), data=st.data())
def test_windows_cover_a_video_and_overlap(frames: int, length: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(1, length // 2))
    video = _video(frames)
    windows = list(cut_windows((frame[None] for frame in video), length, overlap))
    assert windows[0].start == 0
    assert windows[-1].start + windows[-1].frames == frames
    for window in windows:
        assert len(window.clip) == length
        np.testing.assert_array_equal(window.clip[: window.frames], video[window.start : window.start + window.frames])
        assert (window.clip[window.frames :] == video[-1]).all()
    shared = [one.start + length - other.start for one, other in itertools.pairwise(windows)]
    assert shared[:-1] == [overlap] * (len(windows) - 2 if len(windows) > 1 else 0)
    assert all(count >= overlap for count in shared)


@given(shared=st.integers(1, 12))
def test_weights_rise_evenly_and_sum_to_one(shared: int) -> None:
    later = np.array([fade_weight(place, shared) for place in range(shared)])
    earlier = np.array([1 - weight for weight in later])
    np.testing.assert_allclose(later + earlier, 1)
    np.testing.assert_allclose(np.diff(later), 1 / (shared + 1))
    np.testing.assert_allclose(later, earlier[::-1])
    assert later.min() > 0
    assert later.max() < 1


@pytest.mark.parametrize("frames", [1, 4, 13, 14, 22, 23, 40])
def test_the_same_answers_come_back_as_they_were(frames: int) -> None:
    video = np.random.default_rng(frames).integers(0, 256, (frames, 4, 6, 3), dtype=np.uint8)
    joined = _joined(RGBCodec(), video, lambda _number, clip: clip)
    np.testing.assert_array_equal(np.concatenate([frame.rgb for frame in joined]), video)
    np.testing.assert_array_equal(np.concatenate([frame.value for frame in joined]), video)


def test_windows_that_differ_go_over_into_each_other_evenly() -> None:
    """Windows of constants, 100 apart: the picture goes from one to the next in equal steps, with no jump."""
    joined = _joined(RGBCodec(), _video(31), lambda number, clip: np.full_like(clip, 40 + 100 * (number % 2)))
    levels = np.array([frame.rgb[0, 0, 0, 0] for frame in joined], dtype=int)
    assert (levels[:9] == 40).all()
    np.testing.assert_array_equal(levels[8:14], [40, 60, 80, 100, 120, 140])
    assert np.abs(np.diff(levels)).max() == 20


def test_depth_of_windows_comes_to_one_scale() -> None:
    """Each window is drawn from its own nearest to its own farthest point; joined, the video keeps one range."""
    codec = registry().block("codecs", "inverse_depth")(near_is_white=False)
    random = np.random.default_rng(1)
    base = ndimage.gaussian_filter(random.normal(size=(160, 24, 32)), (12, 4, 4))
    truth = (base - base.min()) / np.ptp(base)

    def answer(number: int, clip: Clip) -> Clip:
        del clip
        start = min(9 * number, len(truth) - 13)
        window = truth[start : start + 13].astype(np.float32)
        rgb: Clip = codec.render(window)
        return rgb

    video = np.zeros((160, 24, 32, 3), dtype=np.uint8)
    joined = _joined(codec, video, answer)
    depth = np.stack([frame.value for frame in joined])
    raw = np.concatenate([codec.decode(answer(number, video))[:9] for number in range(16)])
    jumps, own = _jumps(depth, truth), _jumps(raw, truth)
    assert jumps < 0.25 * own
    agree = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(depth, truth, strict=True)]
    assert min(agree) > 0.98
    spread = depth.std(axis=(1, 2)) / truth.std(axis=(1, 2))
    assert spread.max() / spread.min() < 2
    np.testing.assert_allclose(codec.decode(joined[5].rgb), np.clip(depth[5], 0, 1), atol=1 / 255)


def _jumps(values: np.ndarray, truth: np.ndarray) -> float:
    """The largest change of the mean from frame to frame that isn't the truth's."""
    means = values.mean(axis=(1, 2)) / values[0].std()
    true = truth[: len(values)].mean(axis=(1, 2)) / truth[0].std()
    return float(np.abs(np.diff(means - true)).max())


def test_flow_of_windows_comes_to_one_unit() -> None:
    codec = registry().block("codecs", "optical_flow")()
    flow = np.zeros((40, 16, 16, 2), dtype=np.float32)
    flow[..., 0] = np.linspace(0.2, 1, 16)
    flow[20:, :4] *= 3  # something fast comes in, and each window's unit becomes its speed

    def answer(number: int, clip: Clip) -> Clip:
        start = min(9 * number, 27)
        rgb: Clip = codec.render(flow[start : start + len(clip)])
        return rgb

    joined = _joined(codec, np.zeros((40, 16, 16, 3), dtype=np.uint8), answer)
    slow = np.array([frame.value[10, 15, 0] for frame in joined])
    alone = np.concatenate(
        [codec.decode(answer(number, np.zeros((13, 1, 1, 3), dtype=np.uint8)))[:9, 10, 15, 0] for number in range(4)]
    )
    assert np.abs(np.diff(slow)).max() < 0.5 * np.abs(np.diff(alone)).max()


def test_objects_keep_their_ids_from_window_to_window() -> None:
    """Every window numbers its objects by its own hues; one that comes later gets a number nobody had."""
    codec = registry().block("codecs", "video_ids")()
    truth = np.zeros((58, 48, 64), dtype=np.int32)
    for frame in range(58):
        truth[frame, 4:20, 2 + frame // 2 : 18 + frame // 2] = 1
        if frame < 30:
            truth[frame, 28:44, 40 - frame // 2 : 56 - frame // 2] = 2
        if frame >= 33:
            truth[frame, 28:44, 4:20] = 3

    def answer(number: int, clip: Clip) -> Clip:
        start = min(9 * number, 45)
        ids = truth[start : start + len(clip)]
        shuffled = np.random.default_rng(number).permutation(np.arange(1, 4))
        rgb: Clip = codec.render(np.concatenate([[0], shuffled])[ids].astype(np.int32))
        return rgb

    joined = _joined(codec, np.zeros((58, 48, 64, 3), dtype=np.uint8), answer)
    ids = np.stack([frame.value for frame in joined])
    names = [set(np.unique(ids[truth == number])) for number in (1, 2, 3)]
    assert all(len(name) == 1 for name in names)
    assert len(set.union(*names)) == 3
    colors = np.concatenate([frame.rgb for frame in joined])[truth == 1]
    assert (colors == colors[0]).all()


def test_windows_that_can_not_be_cut_are_refused() -> None:
    with pytest.raises(ValueError, match="5 frames can't share 3"):
        list(cut_windows([], 5, 3))
