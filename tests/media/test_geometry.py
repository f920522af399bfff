"""Sizes that hold for any shape, and resizing that is Pillow's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lavincli.clip import Clip
from lavincli.media.geometry import center_square, crop_center, fit_size, pad_center, resize

_sides = st.integers(1, 400)


def _noise(height: int, width: int, frames: int = 1) -> Clip:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def test_resize_is_pillow_bicubic_frame_by_frame() -> None:
    clip = _noise(37, 50, frames=2)
    small = resize(clip, (16, 20))
    assert small.shape == (2, 16, 20, 3)
    assert small.dtype == np.uint8
    expected = Image.fromarray(clip[1]).resize((20, 16), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(small[1], np.asarray(expected))


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((1, 64, 64, 3), dtype=np.uint8)
    stripes[:, :, ::2] = 255
    assert np.abs(resize(stripes, (8, 8)).astype(int) - 127).max() < 12


def test_nearest_invents_no_colours() -> None:
    mask = np.where(_noise(20, 20) > 127, 255, 0).astype(np.uint8)
    assert set(np.unique(resize(mask, (33, 7), "nearest"))) <= {0, 255}


def test_resize_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 x 1"):
        resize(_noise(4, 4), (0, 4))


@given(height=_sides, width=_sides, bound=st.integers(1, 400))
def test_fitted_size_is_inside_and_touches_the_bounds(height: int, width: int, bound: int) -> None:
    fitted = fit_size((height, width), (bound, bound))
    assert min(fitted) >= 1
    assert max(fitted) == bound
    # the aspect is kept to within half a pixel of the shorter side
    if min(fitted) > 1:
        longer, shorter = max(height, width), min(height, width)
        assert abs(min(fitted) - bound * shorter / longer) <= 0.5


@given(height=st.integers(1, 40), width=st.integers(1, 40), extra=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_cropping_undoes_padding(height: int, width: int, extra: tuple[int, int]) -> None:
    clip = _noise(height, width)
    padded = pad_center(clip, (height + extra[0], width + extra[1]), fill=(1, 2, 3))
    np.testing.assert_array_equal(crop_center(padded, (height, width)), clip)
    assert padded.astype(int).sum() - clip.astype(int).sum() == 6 * (padded[0, ..., 0].size - clip[0, ..., 0].size)


@given(height=st.integers(1, 60), width=st.integers(1, 60))
def test_center_square_is_centred(height: int, width: int) -> None:
    clip = _noise(height, width)
    square = center_square(clip)
    side = min(height, width)
    assert square.shape == (1, side, side, 3)
    top, left = (height - side) // 2, (width - side) // 2
    np.testing.assert_array_equal(square[0, 0, 0], clip[0, top, left])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="doesn't fit"):
        pad_center(_noise(5, 5), (4, 9))
    with pytest.raises(ValueError, match="can't be cut"):
        crop_center(_noise(5, 5), (6, 5))
