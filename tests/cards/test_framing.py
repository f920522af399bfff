from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lavincli.cards.framing import Frame, Window

SHARES = st.floats(0, 1)
FRAMES = st.builds(Frame, scale=st.floats(0.3, 1), down=SHARES, right=SHARES, mirrored=st.booleans())
SIDES = st.integers(8, 60)


def test_the_centred_square_by_default_and_the_whole_on_request() -> None:
    assert Frame().window(40, 61) == Window(0, 10, 40, 40)
    assert Frame(whole=True).window(40, 61) == Window(0, 0, 40, 61)
    assert Frame(whole=True).zoom(40, 61, 20) == (0.5, 20 / 61)


@given(frame=st.one_of(FRAMES, st.just(Frame(whole=True))), height=SIDES, width=SIDES, size=SIDES)
def test_pixels_places_and_pictures_are_cut_alike(frame: Frame, height: int, width: int, size: int) -> None:
    """The value picked for a pixel is the one at the place that moves into that pixel."""
    values = np.arange(height * width).reshape(height, width)
    picked = frame.pick(values, size)
    assert picked.shape == (size, size)
    rows, columns = np.divmod(picked, width)
    moved = frame.move(np.stack([columns + 0.5, rows + 0.5], axis=-1), (height, width), size)
    centres = np.arange(size) + 0.5
    down, across = frame.zoom(height, width, size)
    # A source pixel's centre is at most half a source pixel from the place that was looked up.
    assert np.abs(moved[..., 0] - centres).max() <= across / 2 + 1e-3
    assert np.abs(moved[..., 1] - centres[:, None]).max() <= down / 2 + 1e-3
    clip = np.repeat(values.astype(np.uint8)[None, ..., None], 3, axis=3)
    if frame.window(height, width) == Window(0, 0, size, size):
        np.testing.assert_array_equal(frame.cut(clip, size, "nearest")[0, ..., 0], picked.astype(np.uint8))


def test_other_axes_and_types() -> None:
    flow = np.random.default_rng(0).normal(size=(3, 20, 30, 2)).astype(np.float32)
    picked = Frame(mirrored=True).pick(flow, 20, axes=(1, 2))
    assert picked.dtype == np.float32
    np.testing.assert_array_equal(picked, flow[:, :, 5:25][:, :, ::-1])
