from __future__ import annotations

import colorsys
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lavin_geometry.flo import read_flo, write_flo
from lavin_geometry.frame_pair import FramePairCodec
from lavin_geometry.optical_flow import OpticalFlowCodec
from numpy.typing import NDArray

from lavincli.blocks import Cuttable
from lavincli.cards.framing import Frame
from lavincli.errors import InputError
from tests.plugins.geometry.pictures import as_jpeg, grid, photo, turning_discs, with_noise

Flow = NDArray[np.floating]


def largest(flow: Flow) -> float:
    return float(np.hypot(flow[..., 0], flow[..., 1]).max())


def error(one: Flow, other: Flow) -> float:
    return float(np.hypot(*np.moveaxis(one - other, -1, 0)).mean())


def test_colours_follow_kubrics_rule() -> None:
    flow = np.random.default_rng(0).normal(size=(8, 8, 2)).astype(np.float32)
    rgb = OpticalFlowCodec().render(flow)
    for row, column in np.ndindex(8, 8):
        u, v = flow[row, column].tolist()
        hue = (math.atan2(v, u) + math.pi) / (2 * math.pi)
        expected = colorsys.hsv_to_rgb(hue, 1, math.hypot(u, v) / largest(flow))
        np.testing.assert_allclose(rgb[0, row, column], np.array(expected) * 255, atol=0.501)


def test_directions_by_hand() -> None:
    right, down, left, up, still = (1, 0), (0, 1), (-1, 0), (0, -1), (0, 0)
    flow = np.zeros((5, 5, 2), dtype=np.float32)
    flow[0] = right, down, left, up, still
    rgb = OpticalFlowCodec().render(flow)[0, 0].tolist()
    # Hues 1/2, 3/4, 0, 1/4: cyan, violet, red, yellowish green.
    assert rgb == [[0, 255, 255], [128, 0, 255], [255, 0, 0], [128, 255, 0], [0, 0, 0]]


def test_relative_flow_is_in_units_of_the_largest_motion_in_the_clip() -> None:
    flow = turning_discs(64)
    clip = np.stack([flow, flow * 2, flow / 2])
    codec = OpticalFlowCodec()
    decoded = codec.decode(codec.render(clip))
    assert decoded.shape == clip.shape
    assert decoded.dtype == np.float32
    assert error(decoded, clip / largest(clip)) < 0.005


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12))
def test_round_trip_of_any_flow(seed: int, height: int, width: int) -> None:
    flow = (np.random.default_rng(seed).normal(size=(height, width, 2)) * 20).astype(np.float32)
    codec = OpticalFlowCodec()
    decoded = codec.decode(codec.render(flow))
    assert largest(decoded - flow / largest(flow)) < 0.02 * max(height / width, width / height)


@pytest.mark.parametrize("gamma", [1.0, 0.5])
@pytest.mark.parametrize("shape", [(96, 96), (60, 120)])
def test_absolute_flow_is_in_pixels(gamma: float, shape: tuple[int, int]) -> None:
    x, y = grid(*shape)
    flow = np.stack([x - 40, 20 - y], axis=-1) / np.float32(5)
    codec = OpticalFlowCodec(max_motion=0.25, gamma=gamma)
    decoded = codec.decode(codec.render(flow))
    assert largest(decoded - flow) < 0.02 * 0.25 * max(shape)
    # Faster than the fastest colour: the direction stays, the speed is that colour's.
    fast = np.full((*shape, 2), (60, 0), dtype=np.float32)
    expected = np.broadcast_to([0.25 * shape[1], 0], fast.shape)
    np.testing.assert_allclose(codec.decode(codec.render(fast)), expected, atol=1e-3)


def test_gamma_tells_slow_motion_apart() -> None:
    flow = turning_discs(128) / np.float32(8)  # at most one pixel
    linear, root = (OpticalFlowCodec(max_motion=0.25, gamma=gamma) for gamma in (1.0, 0.5))
    assert error(root.decode(root.render(flow)), flow) < error(linear.decode(linear.render(flow)), flow) / 2


@pytest.mark.parametrize("size", [128, 256, 512])
@pytest.mark.parametrize("options", [{}, {"max_motion": 0.25, "gamma": 0.5}], ids=["relative", "pixels"])
def test_flow_survives_jpeg_and_noise(size: int, options: dict[str, float]) -> None:
    flow = turning_discs(size)
    codec = OpticalFlowCodec(**options)
    unit = 1.0 if options else largest(flow)
    rgb = codec.render(flow)
    for picture in (as_jpeg(rgb, 2), as_jpeg(rgb, 0)):
        assert error(codec.decode(picture), flow / unit) < 0.03 * largest(flow) / unit
    # Noise is a share of what the colours can tell, however slow the motion in them is.
    assert error(codec.decode(with_noise(rgb)), flow / unit) < 0.03 * (0.25 * size if options else 1)


def test_unknown_motion_is_drawn_as_the_nearest_known_one() -> None:
    flow = np.full((4, 6, 2), np.nan, dtype=np.float32)
    flow[0, 0], flow[0, 5] = (2, 0), (-1, 0)
    rgb = OpticalFlowCodec().render(flow)[0]
    assert (rgb[:, :3] == (0, 255, 255)).all()
    assert (rgb[:, 3:] == (128, 0, 0)).all()
    assert (OpticalFlowCodec().render(np.full_like(flow, np.nan)) == 0).all()


def test_no_motion_is_black_and_rounding_is_no_motion() -> None:
    still = np.zeros((4, 4, 2), dtype=np.float32)
    for flow in (still, still + np.float32(1e-5)):
        for codec in (OpticalFlowCodec(), OpticalFlowCodec(max_motion=0.2)):
            assert (codec.render(flow) == 0).all()
            np.testing.assert_array_equal(codec.decode(codec.render(flow)), still)


frames = st.builds(
    Frame,
    scale=st.floats(0.3, 1),
    down=st.floats(0, 1),
    right=st.floats(0, 1),
    mirrored=st.booleans(),
    whole=st.booleans(),
)


@settings(max_examples=50)
@given(frames, st.integers(8, 40))
def test_cut_flow_leads_where_the_cut_picture_went(frame: Frame, size: int) -> None:
    height, width = 48, 80
    x, y = grid(height, width)
    flow = np.stack([0.1 * x - 0.05 * y + 2, 0.03 * x + 0.08 * y - 4], axis=-1)
    codec = OpticalFlowCodec()
    assert isinstance(codec, Cuttable)
    cut = codec.cut(flow, frame, size)
    assert cut.shape == (size, size, 2)
    assert cut.dtype == np.float32
    places = np.stack([x, y], axis=-1)
    before = frame.move(places, (height, width), size)
    after = frame.move(places + flow, (height, width), size)
    # What `pick` does to the true displacements in the frame is what `cut` must give.
    np.testing.assert_allclose(cut, frame.pick(after - before, size), atol=1e-3)
    np.testing.assert_array_equal(codec.cut(np.stack([flow, flow]), frame, size)[1], cut)


@pytest.mark.parametrize("options", [{}, {"max_motion": 0.2}, {"max_motion": 0.2, "gamma": 0.5}])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_of_stretched_flow_is_the_stretched_picture(options: dict[str, float], mirrored: bool) -> None:
    x, y = grid(60, 120)
    flow = np.stack([np.sin(y / 20) * 10 + 3, np.cos(x / 20) * 4], axis=-1).astype(np.float32)
    codec = OpticalFlowCodec(**options)
    frame = Frame(whole=True, mirrored=mirrored)
    cut_first = codec.decode(codec.render(codec.cut(flow, frame, 64)))
    drawn_first = codec.decode(Frame(whole=True).cut(codec.render(flow), 64, "bicubic"))
    if mirrored:
        drawn_first = drawn_first[:, ::-1] * (-1, 1)
    assert error(cut_first, drawn_first) < 0.05 * largest(cut_first)
    # And an answer stretched back to the photo's shape decodes to the photo's own flow.
    square = codec.render(codec.cut(flow, Frame(whole=True), 120))
    back = codec.decode(Frame(whole=True).cut(square, 120, "bicubic")[:, ::2])
    unit = 1.0 if options else largest(flow)
    assert error(back, flow / unit) < 0.05 * largest(flow) / unit


def test_saves_flo_files(tmp_path: Path) -> None:
    flow = turning_discs(16)
    (file,) = OpticalFlowCodec().save(flow, tmp_path / "a.b")
    assert file.name == "a.b.flo"
    np.testing.assert_array_equal(read_flo(file), flow)
    files = OpticalFlowCodec().save(np.stack([flow, -flow]), tmp_path / "clip")
    assert [str(file.relative_to(tmp_path)) for file in files] == ["clip/00000.flo", "clip/00001.flo"]
    np.testing.assert_array_equal(read_flo(files[1]), -flow)


def test_flo_bytes(tmp_path: Path) -> None:
    flow = np.array([[(1, 2), (3, 4), (5, 6)], [(-1, 0.5), (np.nan, 0), (0, 0)]], dtype=np.float32)
    write_flo(tmp_path / "new" / "a.flo", flow)
    data = (tmp_path / "new" / "a.flo").read_bytes()
    values = (1, 2, 3, 4, 5, 6, -1, 0.5, 1e10, 1e10, 0, 0)
    assert data == b"PIEH" + struct.pack("<ii", 3, 2) + struct.pack("<12f", *values)
    np.testing.assert_array_equal(
        read_flo(tmp_path / "new" / "a.flo"), np.where(np.isnan(flow).any(axis=2, keepdims=True), np.nan, flow)
    )


def test_flo_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.flo"
    for data, reason in (
        (b"PNG", "202021.25"),
        (b"PIEH" + struct.pack("<ii", 3, 2), "12 bytes where 3 x 2 pixels take 60"),
        (b"PIEH" + struct.pack("<ii", -1, 2) + b"\0" * 16, "-1 x 2"),
    ):
        path.write_bytes(data)
        with pytest.raises(InputError, match=rf"a\.flo: .*{reason}"):
            read_flo(path)
    with pytest.raises(InputError, match="no such file"):
        read_flo(tmp_path / "b.flo")
    with pytest.raises(ValueError, match="H, W, 2"):
        write_flo(path, np.zeros((2, 2), dtype=np.float32))


def test_refuses_options_and_shapes() -> None:
    with pytest.raises(ValueError, match="max_motion"):
        OpticalFlowCodec(max_motion=0)
    with pytest.raises(ValueError, match="gamma"):
        OpticalFlowCodec(gamma=0.5)
    with pytest.raises(ValueError, match=r"\[H, W, 2\]"):
        OpticalFlowCodec().render(np.zeros((4, 4), dtype=np.float32))


def test_two_frames_are_five(tmp_path: Path) -> None:
    pair = np.concatenate([photo(0, 12, 16), photo(1, 12, 16)])
    codec = FramePairCodec()
    rgb = codec.render(pair)
    assert rgb.shape == (5, 12, 16, 3)
    np.testing.assert_array_equal(rgb[0], pair[0])
    np.testing.assert_array_equal(rgb[1:], np.stack([pair[1]] * 4))
    np.testing.assert_array_equal(codec.decode(rgb), pair)
    np.testing.assert_array_equal(codec.decode(with_noise(rgb, 0.1)), pair)
    files = codec.save(pair, tmp_path / "a")
    assert [str(file.relative_to(tmp_path)) for file in files] == ["a/00000.png", "a/00001.png"]
    assert isinstance(codec, Cuttable)
    assert codec.cut(pair, Frame(scale=0.5, mirrored=True), 8).shape == (2, 8, 8, 3)
    np.testing.assert_array_equal(codec.cut(pair, Frame(mirrored=True), 12), pair[:, :, 13:1:-1])
    with pytest.raises(ValueError, match=r"uint8 \[2, H, W, 3\]"):
        codec.render(rgb)
    with pytest.raises(ValueError, match="drawn as 5 frames"):
        codec.decode(pair)
