"""Point clouds, read by a parser that knows the PLY format alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lavincli.views.point_cloud import depth_from_inverse, points_from_depth, write_ply

_TYPES = {"float": "<f4", "uchar": "u1"}


def read_ply(path: Path) -> np.ndarray:
    """The vertices of a binary little-endian PLY file, by the header alone."""
    data = path.read_bytes()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    lines = data[:end].decode("ascii").splitlines()
    assert lines[0] == "ply"
    assert lines[1] == "format binary_little_endian 1.0"
    (count,) = (int(line.split()[2]) for line in lines if line.startswith("element vertex"))
    fields = [(line.split()[2], _TYPES[line.split()[1]]) for line in lines if line.startswith("property")]
    vertices = np.frombuffer(data[end:], np.dtype(fields))
    assert len(vertices) == count
    return vertices


def test_a_file_holds_places_and_colours(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    places = random.normal(size=(7, 3)).astype(np.float32)
    colors = random.integers(0, 256, (7, 3), dtype=np.uint8)
    write_ply(tmp_path / "new" / "a.ply", places, colors, comment="a camera")
    vertices = read_ply(tmp_path / "new" / "a.ply")
    assert vertices.dtype.names == ("x", "y", "z", "red", "green", "blue")
    np.testing.assert_array_equal(np.stack([vertices[axis] for axis in "xyz"], axis=1), places)
    np.testing.assert_array_equal(np.stack([vertices[c] for c in ("red", "green", "blue")], axis=1), colors)
    assert b"comment a camera\n" in (tmp_path / "new" / "a.ply").read_bytes()
    write_ply(tmp_path / "none.ply", places[:0], colors[:0])
    assert len(read_ply(tmp_path / "none.ply")) == 0


def test_points_lie_on_the_rays_of_a_pinhole_camera() -> None:
    """A wall at distance 2, seen at 90 degrees, is 4 wide; up is up, and the scene lies in front of the camera."""
    photo = np.arange(4 * 8 * 3, dtype=np.uint8).reshape(4, 8, 3)
    places, colors = points_from_depth(np.full((4, 8), 2.0), photo, fov=90)
    assert places.shape == (32, 3)
    np.testing.assert_allclose(places[:, 2], -2)
    grid = places.reshape(4, 8, 3)
    np.testing.assert_allclose(grid[0, :, 0], (np.arange(8) + 0.5) / 2 - 2)
    np.testing.assert_allclose(grid[:, 0, 1], 1 - (np.arange(4) + 0.5) / 2)
    np.testing.assert_array_equal(colors.reshape(photo.shape), photo)


def test_what_is_not_known_is_no_point() -> None:
    depth = np.full((4, 8), 2.0)
    depth[1, 2] = np.nan
    places, colors = points_from_depth(depth, np.zeros((4, 8, 3), dtype=np.uint8), fov=60)
    assert len(places) == len(colors) == 31


@pytest.mark.parametrize(("near", "far"), [(1.0, 10.0), (0.5, 80.0)])
def test_inverse_depth_becomes_distance_between_two_ends(near: float, far: float) -> None:
    distance = depth_from_inverse(np.array([1, 0, 0.5, 1.2, -0.1, np.nan]), near=near, far=far)
    np.testing.assert_allclose(distance[[0, 3]], near, rtol=1e-6)
    np.testing.assert_allclose(distance[[1, 4]], far, rtol=1e-6)
    np.testing.assert_allclose(1 / distance[2], (1 / near + 1 / far) / 2, rtol=1e-6)
    assert np.isnan(distance[5])
