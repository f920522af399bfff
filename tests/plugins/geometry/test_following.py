"""Windows of a video brought to one scale."""

from __future__ import annotations

import numpy as np
import pytest
from lavin_geometry.averages import mean_of_known, weighted_mean
from lavin_geometry.following import follow_scale, follow_scale_and_shift, keep

RANDOM = np.random.default_rng(0)
KNOWN = [RANDOM.random((8, 9)).astype(np.float32) for _ in range(4)]


def test_scale_and_shift_follow_but_for_a_quarter() -> None:
    frames = [((frame - 0.2) / 1.5).astype(np.float32) for frame in [*KNOWN, KNOWN[0]]]
    followed = follow_scale_and_shift(frames, KNOWN, 0)
    assert len(followed) == 5
    for after, before in zip(followed, KNOWN, strict=False):
        assert np.abs(after - before).mean() < 0.4 * np.abs(before - (before - 0.2) / 1.5).mean()
    np.testing.assert_allclose(np.stack(followed[:4]).std() / np.stack(KNOWN).std(), 1.5**-0.25, rtol=1e-4)


def test_noise_does_not_flatten_a_long_video() -> None:
    """Over 300 windows that agree but for their noise, the spread stays."""
    random = np.random.default_rng(1)
    truth = random.random((4, 16, 16)).astype(np.float32)
    known = list(truth)
    for _ in range(300):
        noisy = [(frame + random.normal(0, 0.15, frame.shape)).astype(np.float32) for frame in truth]
        known = follow_scale_and_shift(noisy, known, 0)
    assert 0.7 < np.stack(known).std() / np.hypot(truth.std(), 0.15) < 1.4
    assert abs(float(np.stack(known).mean() - truth.mean())) < 0.2


def test_a_trend_within_each_window_does_not_lead_away() -> None:
    """Answers that grow by 0.3 in every window, for no reason in the video, stay within bounds over 300 windows."""
    frames = [np.float32(0.35 + 0.3 * place / 12) + 0.1 * KNOWN[place % 4] for place in range(13)]
    known: list[np.ndarray] = frames[9:]
    means = []
    for _ in range(300):
        followed = follow_scale_and_shift(frames, known, 0)
        known = followed[9:]
        means.append(float(np.mean(known)))
    assert max(means) < 0.95
    assert abs(means[-1] - means[-2]) < 1e-3


@pytest.mark.parametrize("known", [[], [np.full((8, 9), np.nan, np.float32)], [np.full((8, 9), 0.5, np.float32)]])
def test_what_says_nothing_of_the_scale_changes_none(known: list[np.ndarray]) -> None:
    for follow in (follow_scale_and_shift, keep):
        followed = follow(KNOWN, known, 0)
        for after, before in zip(followed, KNOWN, strict=True):
            np.testing.assert_allclose(after.std(), before.std(), rtol=1e-5)


def test_flow_keeps_its_zero() -> None:
    frames = [np.zeros((4, 4, 2), np.float32) for _ in range(4)]
    for frame in frames:
        frame[:2] = 0.5
    assert follow_scale(frames, [], 0)[0][0, 0, 0] == 0.5
    followed = follow_scale(frames, [2 * frame for frame in frames], 0)
    assert (followed[0][2:] == 0).all()
    np.testing.assert_allclose(followed[0][:2], 0.5 * 2**0.75, rtol=1e-4)


def test_averages_leave_out_what_is_not_known() -> None:
    one, other = np.array([1, np.nan, 3, np.nan], np.float32), np.array([3, 2, np.nan, np.nan], np.float32)
    np.testing.assert_array_equal(mean_of_known([one, other]), np.array([2, 2, 3, np.nan], np.float32))
    np.testing.assert_array_equal(weighted_mean(one, other, 0.25), np.array([1.5, 2, 3, np.nan], np.float32))
