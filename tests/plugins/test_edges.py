from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lavin_recognition.canny import Canny
from lavin_recognition.canny_f import CannyF
from lavin_recognition.edge_map import EdgeMapCodec
from lavin_recognition.thinning import suppress_non_maxima, thin
from numpy.typing import NDArray
from scipy import ndimage

from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.images import read_image

EIGHT = np.ones((3, 3), dtype=bool)


def disc(size: int, radius: float, value: int = 200) -> Clip:
    rows, columns = np.mgrid[:size, :size] - size / 2 + 0.5
    inside = np.hypot(rows, columns) < radius
    return np.repeat((inside * value).astype(np.uint8)[None, :, :, None], 3, axis=3)


def edges_of(clip: Clip, **options: float) -> NDArray[np.bool_]:
    made = Canny(**options)(clip, np.random.default_rng(0))
    assert set(np.unique(made)) <= {0, 255}
    return made[0, ..., 0] > 0


def test_canny_finds_a_disc_as_one_thin_closed_line() -> None:
    edges = edges_of(disc(96, 30))
    rows, columns = np.nonzero(edges)
    distance = np.hypot(rows - 47.5, columns - 47.5)
    assert np.abs(distance - 30).max() < 1.2
    assert ndimage.label(edges, structure=EIGHT)[1] == 1
    # Thin: about as many pixels as a circle drawn pixel by pixel; closed: it parts inside from outside.
    assert len(rows) == pytest.approx(2 * np.pi * 30 * 0.9, rel=0.1)
    assert ndimage.label(~edges)[1] == 2


def test_canny_hysteresis_follows_weak_edges_from_strong_ones_only() -> None:
    clip = np.zeros((1, 64, 64, 3), dtype=np.uint8)
    ramp = np.linspace(25, 120, 64).astype(np.uint8)
    clip[:, :, 32:] = ramp[None, :, None, None]
    together = edges_of(clip, low=5, high=20)
    assert together[:, 31:33].any(axis=1).all()
    assert not edges_of(np.minimum(clip, 50), low=5, high=20).any()
    assert not edges_of(np.full((1, 32, 32, 3), 77, dtype=np.uint8)).any()


def test_canny_refuses_wrong_options() -> None:
    with pytest.raises(ValueError, match="low <= high"):
        Canny(low=5, high=2)
    with pytest.raises(ValueError, match="sigma"):
        Canny(sigma=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.8))
def test_thinning_keeps_connections_removes_only_and_ends(seed: int, share: float) -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random((24, 24)), 1)
    full = noise > np.quantile(noise, share)
    thinned = thin(full)
    assert not (thinned & ~full).any()
    assert ndimage.label(thinned, structure=EIGHT)[1] == ndimage.label(full, structure=EIGHT)[1]
    np.testing.assert_array_equal(thin(thinned), thinned)


def test_thinning_makes_a_bar_a_line() -> None:
    bar = np.zeros((15, 40), dtype=bool)
    bar[4:11, 4:36] = True
    thinned = thin(bar)
    assert thinned.sum(axis=0).max() == 1
    assert thinned[7, 10:30].all()


def test_suppression_keeps_the_ridge() -> None:
    rows = np.arange(32)[:, None]
    soft = np.broadcast_to(np.exp(-((rows - 15.0) ** 2) / 8), (32, 32)).astype(np.float32)
    kept = suppress_non_maxima(soft)
    assert (kept[15] == soft[15]).all()
    assert (kept[[10, 12, 13, 17, 18, 20]] == 0).all()


def test_codec_round_trip_and_thin_option(tmp_path: Path) -> None:
    codec = EdgeMapCodec()
    levels = (np.arange(256) / 255).astype(np.float32).reshape(16, 16)
    assert np.abs(codec.decode(codec.render(levels)) - levels).max() < 1e-6
    (path,) = codec.save(levels, tmp_path / "edges")
    assert np.abs(codec.decode(read_image(path)) - levels).max() < 1e-6
    soft = np.exp(-((np.arange(32)[:, None] - 15.0) ** 2) / 8) * np.ones((32, 32))
    thinned = EdgeMapCodec(thin=True).decode(codec.render(soft.astype(np.float32)))
    assert np.count_nonzero(thinned[:, 16]) <= 3
    with pytest.raises(ValueError, match="stills"):
        codec.decode(np.zeros((2, 8, 8, 3), dtype=np.uint8))


def test_cut_edges_stay_whole_and_thin() -> None:
    codec = EdgeMapCodec()
    drawn = disc(200, 80)[0, ..., 0] > 0
    ring = drawn & ~ndimage.binary_erosion(drawn)
    for size in (200, 96, 64, 320):
        cut = codec.cut(ring, Frame(), size)
        assert cut.dtype == np.bool_
        assert cut.shape == (size, size)
        # One closed line, as long as a circle of that size, drawn pixel by pixel.
        assert ndimage.label(cut, structure=EIGHT)[1] == 1
        assert ndimage.label(cut == 0)[1] == 2
        assert cut.sum() == pytest.approx(2 * np.pi * 80 * size / 200 * 0.95, rel=0.15)
    people = np.stack([ring, ring.T, ring[::-1]])
    assert codec.cut(people, Frame(), 64).shape == (3, 64, 64)
    soft = np.zeros((100, 100), dtype=np.float32)
    soft[50, 10] = 0.7
    mirrored = codec.cut(soft, Frame(mirrored=True), 50)
    assert mirrored.max() == np.float32(0.7)
    assert np.argwhere(mirrored == mirrored.max()).tolist() == [[25, 44]]
    wide = codec.cut(np.ones((40, 60), dtype=bool), Frame(whole=True), 50)
    assert wide.shape == (50, 50)


def test_canny_f_compares_the_edges_of_two_pictures() -> None:
    def canny_f(prediction: Clip, target: Clip) -> float:
        metric = CannyF()
        metric.update(prediction, target)
        return metric.compute()["canny_f"]

    assert canny_f(disc(96, 30), disc(96, 30)) == 1
    assert canny_f(disc(96, 30, value=120), disc(96, 30)) == 1  # fainter, at the same place
    assert canny_f(disc(96, 20), disc(96, 30)) == 0
    plain = np.zeros((1, 96, 96, 3), dtype=np.uint8)
    assert canny_f(plain, plain) == 1
    assert canny_f(plain, disc(96, 30)) == 0
    # Two items, one perfect and one empty: F of the pooled pixels, not the mean of F.
    both, metric = disc(96, 20), CannyF()
    metric.update(both, both)
    metric.merge(other := CannyF())
    other.update(plain, both)
    metric.merge(other)
    assert metric.compute()["canny_f"] == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="no item"):
        CannyF().compute()
    with pytest.raises(InputError, match="target"):
        canny_f(plain, disc(32, 10))
