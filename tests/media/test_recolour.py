"""Other renderings of a picture."""

from __future__ import annotations

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lavincli.clip import Clip
from lavincli.errors import UnknownNameError
from lavincli.media.recolour import RECOLOURINGS, recolour

CLIPS = numpy_strategies.arrays(np.uint8, (2, 3, 4, 3))
PERMUTATIONS = ("gbr", "brg", "bgr", "grb", "rbg")


@given(CLIPS, st.sampled_from(sorted(RECOLOURINGS)))
def test_each_pixel_by_itself(clip: Clip, name: str) -> None:
    whole = recolour(clip, name)
    assert whole.shape == clip.shape
    assert whole.dtype == np.uint8
    np.testing.assert_array_equal(whole[1:, 1:2, 2:3], recolour(clip[1:, 1:2, 2:3], name))


@given(CLIPS)
def test_what_can_be_taken_back(clip: Clip) -> None:
    np.testing.assert_array_equal(recolour(recolour(clip, "inverted"), "inverted"), clip)
    for name, back in zip(PERMUTATIONS, ("brg", "gbr", "bgr", "grb", "rbg"), strict=True):
        assert sorted(recolour(clip, name)[0, 0, 0]) == sorted(clip[0, 0, 0])
        np.testing.assert_array_equal(recolour(recolour(clip, name), back), clip)


@pytest.mark.parametrize(
    ("name", "white", "black", "orange"),
    [
        ("inverted", (0, 0, 0), (255, 255, 255), (5, 155, 255)),
        ("gbr", (255, 255, 255), (0, 0, 0), (100, 0, 250)),
        ("red", (255, 0, 0), (0, 0, 0), (250, 0, 0)),
        ("cyan", (0, 255, 255), (0, 0, 0), (0, 250, 250)),
        ("inverted_yellow", (0, 0, 0), (255, 255, 0), (255, 255, 0)),
    ],
)
def test_colours(name: str, white: tuple[int, ...], black: tuple[int, ...], orange: tuple[int, ...]) -> None:
    clip = np.array([(255, 255, 255), (0, 0, 0), (250, 100, 0)], np.uint8)[None, None]
    assert [tuple(pixel) for pixel in recolour(clip, name)[0, 0].tolist()] == [white, black, orange]


def test_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match="unknown variation 'invertet'; did you mean 'inverted'"):
        recolour(np.zeros((1, 1, 1, 3), np.uint8), "invertet")
