from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lavincli.builtins.color import lab_to_rgb, luma, rgb_to_lab
from lavincli.builtins.hole import find_hole
from lavincli.builtins.rgb import RGBCodec
from lavincli.errors import InputError
from lavincli.media.geometry import resize
from lavincli.media.images import read_image
from tests.small_tasks import picture


def test_lab_of_known_colours_and_back() -> None:
    known = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]], dtype=np.uint8)
    expected = np.array([[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86]])
    np.testing.assert_allclose(rgb_to_lab(known), expected, atol=0.02)
    every = np.stack(np.meshgrid(*[np.arange(0, 256, 15)] * 3), axis=-1).astype(np.uint8)
    np.testing.assert_array_equal(lab_to_rgb(rgb_to_lab(every)), every)


def test_luma_has_the_studio_range() -> None:
    np.testing.assert_allclose(luma(np.array([[0, 0, 0], [255, 255, 255]], dtype=np.uint8)), [16, 235], atol=1e-3)


def test_keep_luminance_colours_a_larger_query() -> None:
    photo = picture(3, 80, 60)
    gray = np.repeat(photo.mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3)
    prediction = resize(photo, (32, 32))
    coloured = RGBCodec(keep_luminance=True).decode(prediction, query=gray)
    assert coloured.shape == photo.shape
    lab, wanted = rgb_to_lab(coloured), rgb_to_lab(gray)
    np.testing.assert_allclose(lab[..., 0], wanted[..., 0], atol=2.0)
    assert np.abs(lab[..., 1:] - rgb_to_lab(photo)[..., 1:]).mean() < np.abs(rgb_to_lab(photo)[..., 1:]).mean() / 4


def test_paste_known_keeps_everything_outside_the_hole() -> None:
    query = picture(4, 64, 64)
    query[:, 10:26, 30:46] = 127
    filled = RGBCodec(paste_known=True).decode(np.zeros((1, 32, 32, 3), dtype=np.uint8), query=query)
    inside = np.zeros((64, 64), dtype=bool)
    inside[10:26, 30:46] = True
    assert (filled[0][inside] == 0).all()
    np.testing.assert_array_equal(filled[0][~inside], query[0][~inside])


def test_truths_have_no_query_and_stay_as_they_are() -> None:
    np.testing.assert_array_equal(RGBCodec(keep_luminance=True, paste_known=True).decode(picture(0)), picture(0))


def test_queries_that_do_not_fit_are_told() -> None:
    with pytest.raises(InputError, match="1 frames can't be joined with a query of 2"):
        RGBCodec(keep_luminance=True).decode(picture(0), query=np.concatenate([picture(0), picture(0)]))
    with pytest.raises(InputError, match="no mid-gray"):
        RGBCodec(paste_known=True).decode(picture(0), query=np.zeros((1, 40, 40, 3), dtype=np.uint8))


def test_hole_of_odd_and_even_sides_beside_gray_neighbours() -> None:
    for side in (7, 8, 16):
        clip = picture(5, 64, 64)
        clip[clip == 127] = 126
        clip[:, 20 : 20 + side, 9 : 9 + side] = 127
        clip[:, 22:24, 9 + side : 40] = 127  # a gray line of the photo that touches the hole
        hole = find_hole(clip)
        assert hole is not None
        expected = np.zeros((64, 64), dtype=bool)
        expected[20 : 20 + side, 9 : 9 + side] = True
        np.testing.assert_array_equal(hole[0], expected)
    assert find_hole(np.full((1, 64, 64, 3), 128, dtype=np.uint8)) is None
    assert find_hole(np.full((1, 64, 64, 3), 128, dtype=np.uint8), tolerance=1) is not None


def test_hole_at_the_edge() -> None:
    clip = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    clip[:, 24:, 24:] = 127
    hole = find_hole(clip)
    assert hole is not None
    assert hole.sum() == 64
    assert hole[0, 24:, 24:].all()


def test_save_writes_png_also_of_names_with_dots_and_of_frames(tmp_path: Path) -> None:
    clip = picture(6)
    (path,) = RGBCodec().save(clip, tmp_path / "photo.v1")
    assert path.name == "photo.v1.png"
    np.testing.assert_array_equal(read_image(path), clip)
    frames = RGBCodec().save(np.concatenate([clip, clip]), tmp_path / "clip")
    assert [frame.name for frame in frames] == ["00000.png", "00001.png"]


def test_render_refuses_what_is_no_clip() -> None:
    with pytest.raises(ValueError, match="a clip is uint8"):
        RGBCodec().render(np.zeros((8, 8, 3), dtype=np.uint8))
