from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lavin_geometry.mixed_vectors import unmixed
from lavin_geometry.normal_angles import angles_between
from lavin_geometry.normals import NormalsCodec
from lavin_geometry.unit_vectors import noise_of, without_noise
from numpy.typing import NDArray

from lavincli.blocks import Cuttable
from lavincli.cards.framing import Frame
from tests.plugins.geometry.pictures import as_jpeg, ball_on_floor, grid, with_noise

Normals = NDArray[np.float32]


def random_normals(seed: int, *shape: int) -> Normals:
    vectors = np.random.default_rng(seed).normal(size=(*shape, 3))
    unit: Normals = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return unit


def worst_angle(one: Normals, other: Normals) -> float:
    return float(angles_between(one.reshape(-1, 3), other.reshape(-1, 3)).max())


def mean_angle(one: Normals, other: Normals) -> float:
    return float(angles_between(one.reshape(-1, 3), other.reshape(-1, 3)).mean())


def test_colours_of_a_room() -> None:
    floor, left_wall, right_wall, back_wall, unknown = (0, 1, 0), (-1, 0, 0), (1, 0, 0), (0, 0, 1), (np.nan,) * 3
    room = np.array([[floor, left_wall, right_wall, back_wall, unknown]], dtype=np.float32)
    assert NormalsCodec().render(room)[0, 0].tolist() == [
        [128, 255, 128],
        [0, 128, 128],  # teal: the wall on the left faces right
        [255, 128, 128],
        [128, 128, 255],
        [128, 128, 128],
    ]
    up = np.array([[(0, 0, 1)]], dtype=np.float32)
    assert NormalsCodec(axes="world").render(up)[0, 0, 0].tolist() == [128, 128, 255]


def test_vectors_of_another_length_are_brought_to_one() -> None:
    codec = NormalsCodec()
    unit = random_normals(0, 4, 4)
    np.testing.assert_array_equal(codec.render(unit * 3), codec.render(unit))
    assert (codec.render(np.zeros((2, 2, 3), dtype=np.float32)) == 128).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9), st.integers(0, 3))
def test_round_trip_is_as_exact_as_eight_bits_are(seed: int, height: int, width: int, frames: int) -> None:
    shape = (height, width) if frames == 0 else (frames, height, width)
    normals = random_normals(seed, *shape)
    normals[..., 0, 0, :] = np.nan
    codec = NormalsCodec()
    decoded = codec.decode(codec.render(normals))
    expected = normals[0] if frames == 1 else normals
    assert decoded.dtype == np.float32
    assert decoded.shape == expected.shape
    known = np.isfinite(expected).all(axis=-1)
    np.testing.assert_array_equal(np.isfinite(decoded).all(axis=-1), known)
    if known.any():
        # Half a level on each of two axes across the vector.
        assert worst_angle(decoded[known], expected[known]) < 0.42
        np.testing.assert_allclose(np.linalg.norm(decoded[known], axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("size", [128, 256, 512])
def test_normals_survive_jpeg_and_noise(size: int) -> None:
    _, normals = ball_on_floor(size)
    codec = NormalsCodec()
    rgb = codec.render(normals)
    assert mean_angle(codec.decode(rgb), normals) < 0.4
    for picture in (as_jpeg(rgb, 2), as_jpeg(rgb, 0), with_noise(rgb), with_noise(as_jpeg(rgb, 2))):
        assert mean_angle(codec.decode(picture), normals) < 2


def test_noise_is_measured_and_smoothed_only_where_there_is_some() -> None:
    _, normals = ball_on_floor(64)
    assert noise_of(normals) < 1e-6
    assert without_noise(normals) is normals
    noisy = normals + np.random.default_rng(0).normal(0, 0.03, normals.shape).astype(np.float32)
    assert noise_of(noisy) == pytest.approx(0.03, rel=0.1)
    assert mean_angle(without_noise(noisy), normals) < mean_angle(noisy, normals) / 2
    # The corner between wall and floor, 90 degrees, stays a step from one row to the next.
    smooth = without_noise(noisy)
    edge = np.flatnonzero(np.diff(normals[:, 2, 1]))[0]
    assert worst_angle(smooth[edge : edge + 2, 2:4], normals[edge : edge + 2, 2:4]) < 6


def test_a_mixture_is_given_to_the_side_it_is_as_bright_as() -> None:
    normals = np.zeros((9, 9, 3), dtype=np.float32)
    normals[:, :5, 0] = 1
    normals[:, 5:, 1] = 1
    mixed = normals.copy()
    mixed[:, 4] = (0.9, 0.3, 0.0)  # nearly the left one; too short
    mixed[:, 4] *= 0.9 / np.linalg.norm(mixed[0, 4])
    restored = unmixed(mixed, shortest=0.1)
    # By its own brightness the column lies between the sides; what it becomes is one of them, or between.
    assert mean_angle(restored[:, 3], normals[:, 3]) < 1e-3
    np.testing.assert_array_equal(restored[:, :2], normals[:, :2])
    assert unmixed(normals, shortest=0.1) is normals


@pytest.mark.parametrize(("axes", "signs"), [("lavin", (1, 1, 1)), ("opencv", (-1, -1, -1)), ("opengl", (-1, 1, 1))])
def test_saves_in_the_axes_asked_for(axes: str, signs: tuple[int, ...], tmp_path: Path) -> None:
    normals = random_normals(1, 3, 4)
    (file,) = NormalsCodec(save_axes=axes).save(normals, tmp_path / "n.1")  # type: ignore[arg-type]
    assert file.name == "n.1.npy"
    saved = np.load(file)
    assert saved.dtype == np.float32
    np.testing.assert_array_equal(saved, normals * np.array(signs, dtype=np.float32))


def test_a_mirror_turns_left_into_right() -> None:
    x, y = grid(40, 60)
    normals = np.stack([np.sin(x / 20), np.sin(y / 20), np.cos(x / 20)], axis=-1).astype(np.float32)
    codec = NormalsCodec()
    assert isinstance(codec, Cuttable)
    frame, mirror = Frame(scale=0.5, right=0.3), Frame(scale=0.5, right=0.3, mirrored=True)
    plain, mirrored = codec.cut(normals, frame, 10), codec.cut(normals, mirror, 10)
    np.testing.assert_array_equal(mirrored, plain[:, ::-1] * (-1, 1, 1))
    assert mirrored.dtype == np.float32
    # A wall on the left, teal, is a wall on the right, red, in the mirror.
    walls = np.zeros((4, 4, 3), dtype=np.float32)
    walls[:, :2, 0], walls[:, 2:, 0] = -1, 1
    np.testing.assert_array_equal(codec.cut(walls, Frame(mirrored=True), 4), walls)
    np.testing.assert_array_equal(codec.cut(walls[None], Frame(mirrored=True), 4)[0], walls)


@pytest.mark.parametrize("mirrored", [False, True])
def test_cut_then_drawn_is_drawn_then_cut(mirrored: bool) -> None:
    _, normals = ball_on_floor(160)
    codec = NormalsCodec()
    frame = Frame(scale=0.6, down=0.9, right=0.2, mirrored=mirrored)
    first = codec.render(codec.cut(normals, frame, 96)).astype(int)
    drawn = frame.cut(codec.render(normals), 96, "bicubic").astype(int)
    if mirrored:
        drawn[..., 0] = 255 - drawn[..., 0]
    assert np.abs(first - drawn).mean() < 2


def test_world_axes_are_not_mirrored() -> None:
    codec = NormalsCodec(axes="world")
    assert not codec.mirrorable
    assert NormalsCodec().mirrorable
    with pytest.raises(ValueError, match="can't be mirrored"):
        codec.cut(np.zeros((4, 4, 3), dtype=np.float32), Frame(mirrored=True), 4)


def test_refuses_options_and_shapes() -> None:
    with pytest.raises(ValueError, match="'camera' or 'world'"):
        NormalsCodec(axes="image")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="lavin, opencv, opengl"):
        NormalsCodec(save_axes="blender")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="those of a camera"):
        NormalsCodec(axes="world", save_axes="opencv")
    with pytest.raises(ValueError, match=r"\[H, W, 3\]"):
        NormalsCodec().render(np.zeros((4, 4), dtype=np.float32))
