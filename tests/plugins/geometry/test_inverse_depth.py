from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from lavin_geometry.inverse_depth import InverseDepthCodec
from numpy.typing import NDArray

from lavincli.blocks import Codec, Cuttable
from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.media.arrays import read_array
from tests.plugins.geometry.pictures import as_jpeg, ball_on_floor, grid, with_noise


def relative(inverse: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = np.nanmin(inverse), np.nanmax(inverse)
    scaled: NDArray[np.float32] = (inverse - low) / (high - low)
    return scaled


def test_near_is_white_for_stills_and_dark_for_clips() -> None:
    inverse = np.array([[0.1, 0.2], [0.6, 1.1]], dtype=np.float32)
    white = InverseDepthCodec().render(inverse)
    assert white.shape == (1, 2, 2, 3)
    assert white.dtype == np.uint8
    assert white[0, ..., 0].tolist() == [[0, 26], [128, 255]]
    assert (white == white[..., :1]).all()
    dark = InverseDepthCodec(near_is_white=False)
    assert dark.render(inverse)[0, ..., 0].tolist() == [[255, 230], [128, 0]]
    np.testing.assert_allclose(dark.decode(dark.render(inverse)), relative(inverse), atol=0.5 / 255 + 1e-6)


def test_a_clip_has_one_range_for_all_frames() -> None:
    clip = np.stack([np.full((2, 2), value, dtype=np.float32) for value in (1, 2, 3)])
    clip[0, 0, 0] = 5
    rgb = InverseDepthCodec().render(clip)
    assert rgb.shape == (3, 2, 2, 3)
    assert rgb[:, 1, 1, 0].tolist() == [0, 64, 128]
    assert rgb[0, 0, 0, 0] == 255
    assert InverseDepthCodec().decode(rgb).shape == (3, 2, 2)


def test_unknown_pixels_look_like_the_nearest_known_one_and_do_not_count() -> None:
    inverse = np.full((4, 6), np.nan, dtype=np.float32)
    inverse[0, 0], inverse[0, 5] = 1, 3
    rgb = InverseDepthCodec().render(inverse)[0, ..., 0]
    assert (rgb[:, :3] == 0).all()
    assert (rgb[:, 3:] == 255).all()
    inverse[3, 3] = np.inf
    np.testing.assert_array_equal(InverseDepthCodec().render(inverse)[0, ..., 0], rgb)


@pytest.mark.parametrize("value", [0.0, 2.5, np.nan])
def test_where_nothing_is_nearer_all_is_gray(value: float) -> None:
    assert (InverseDepthCodec().render(np.full((3, 4), value, dtype=np.float32)) == 128).all()


def test_a_frame_without_depth_in_a_clip_is_gray() -> None:
    clip = np.stack([np.full((2, 2), np.nan), [[0, 1], [2, 4]]]).astype(np.float32)
    assert InverseDepthCodec().render(clip)[..., 0].tolist() == [[[128, 128], [128, 128]], [[0, 64], [128, 255]]]


@given(
    arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=2, max_dims=3, max_side=9), elements=st.floats(0, 1000, width=32)
    )
)
def test_round_trip_keeps_any_values_to_half_a_level(inverse: NDArray[np.float32]) -> None:
    codec = InverseDepthCodec()
    decoded = codec.decode(codec.render(inverse))
    assert decoded.dtype == np.float32
    span = inverse.max() - inverse.min()
    if span > 0:
        expected = (inverse.astype(np.float64) - inverse.min()) / span
        expected = expected[0] if inverse.ndim == 3 and len(inverse) == 1 else expected
        np.testing.assert_allclose(decoded, expected, atol=0.5 / 255 + 1e-5)


@pytest.mark.parametrize("size", [128, 256, 512])
@pytest.mark.parametrize("near_is_white", [True, False])
def test_depth_survives_jpeg_and_noise(size: int, near_is_white: bool) -> None:
    inverse, _ = ball_on_floor(size)
    codec = InverseDepthCodec(near_is_white=near_is_white)
    rgb = codec.render(inverse)

    def error(clip: Clip) -> float:
        return float(np.abs(codec.decode(clip) - relative(inverse)).mean())

    assert error(as_jpeg(rgb, 2)) < 1 / 255
    assert error(as_jpeg(rgb, 0)) < 1 / 255
    # The mean of three channels with noise of 4 levels each is off by 4 / sqrt(3) * sqrt(2 / pi) = 1.8 levels.
    assert error(with_noise(rgb)) < 2 / 255


def test_saves_values_and_pictures(tmp_path: Path) -> None:
    codec = InverseDepthCodec(near_is_white=False)
    still = np.array([[0, 0.25], [1, np.nan]], dtype=np.float32)
    files = codec.save(still, tmp_path / "room.1")
    assert [file.name for file in files] == ["room.1.npy", "room.1.png"]
    np.testing.assert_array_equal(np.load(files[0]), still)
    assert read_array(files[1]).tolist() == [[0, 16384], [65535, 0]]
    assert read_array(files[1]).dtype == np.uint16
    clip = np.stack([still, still * 4])
    files = codec.save(clip, tmp_path / "clip")
    assert [str(file.relative_to(tmp_path)) for file in files] == ["clip.npy", "clip/00000.png", "clip/00001.png"]
    assert np.load(files[0]).shape == (2, 2, 2)
    assert read_array(files[1])[1, 0] == 16384  # a quarter of the largest value in the clip


def test_cut_keeps_depth_and_takes_its_place() -> None:
    x, y = grid(60, 90)
    inverse = x + 100 * y
    codec = InverseDepthCodec()
    assert isinstance(codec, Codec)
    assert isinstance(codec, Cuttable)
    frame = Frame(scale=0.5, down=0.2, right=1.0)
    # Rows 6 to 36 and columns 60 to 90, each pixel as large as two of the picture.
    np.testing.assert_array_equal(codec.cut(inverse, frame, 15), inverse[7:36:2, 61:90:2])
    mirrored = Frame(scale=0.5, down=0.2, right=1.0, mirrored=True)
    np.testing.assert_array_equal(codec.cut(inverse, mirrored, 15), codec.cut(inverse, frame, 15)[:, ::-1])
    clip = np.stack([inverse, inverse + 1])
    np.testing.assert_array_equal(codec.cut(clip, frame, 15)[1], codec.cut(inverse, frame, 15) + 1)
    # The range of what is shown is that of the part.
    assert codec.render(codec.cut(inverse, frame, 15)).max() == 255


@pytest.mark.parametrize("size", [64, 128])
def test_cut_then_drawn_is_drawn_then_cut(size: int) -> None:
    x, y = grid(100, 160)
    inverse = np.sin(x / 23) + np.cos(y / 17)
    inverse[0, 30], inverse[0, 31] = -2, 2  # both ranges are the same
    codec = InverseDepthCodec()
    frame = Frame(whole=True)
    first = codec.render(codec.cut(inverse, frame, size)).astype(int)
    second = frame.cut(codec.render(inverse), size, "bicubic").astype(int)
    assert np.abs(first - second)[:, 2:].mean() < 4


def test_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match=r"\[H, W\] or \[T, H, W\], not \[4\]"):
        InverseDepthCodec().render(np.zeros(4, dtype=np.float32))
