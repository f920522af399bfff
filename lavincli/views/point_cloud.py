"""Depth and a photo as points in space, and the PLY files that hold them.

The camera is a pinhole in the middle of the picture. Axes are those of OpenGL, Blender and MeshLab: x to the right, y
up, z towards the viewer, so that what is seen lies at negative z and stands upright when the file is opened.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.atomic import atomic_path
from lavincli.errors import ConfigError

_VERTEX: Final = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")], align=False
)


def check_distances(near: float, far: float) -> None:
    """Raise ConfigError unless 0 < ``near`` < ``far``, both finite."""
    if not 0 < near < far < math.inf:
        raise ConfigError(f"a point cloud from {near:g} to {far:g}: near is above 0 and below far")


def check_field_of_view(fov: float) -> None:
    """Raise ConfigError unless an angle in degrees is one that a pinhole camera can have."""
    if not 0 < fov < 180:
        raise ConfigError(f"a field of view of {fov:g} degrees: it is above 0 and below 180")


def depth_from_inverse(inverse: NDArray[np.floating], *, near: float, far: float) -> NDArray[np.float32]:
    """Distances along the camera's axis: ``near`` where the inverse depth is 1, ``far`` where it is 0; NaN stays.

    A prediction's inverse depth has neither scale nor shift, so both distances have to be assumed: 1 / distance goes
    evenly from 1 / ``far`` to 1 / ``near``. Raises ConfigError unless 0 < ``near`` < ``far``.
    """
    check_distances(near, far)
    share = np.clip(inverse.astype(np.float64), 0, 1)
    distance: NDArray[np.float32] = (1 / (1 / far + share * (1 / near - 1 / far))).astype(np.float32)
    return distance


def points_from_depth(
    depth: NDArray[np.floating], photo: NDArray[np.uint8], *, fov: float
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Places ``float32 [N, 3]`` and colours ``uint8 [N, 3]`` of the pixels of known depth.

    Args:
        depth: ``[H, W]``, distance along the camera's axis; NaN = not known.
        photo: ``uint8 [H, W, 3]``.
        fov: horizontal field of view in degrees; pixels are square.

    Raises ConfigError unless 0 < ``fov`` < 180.
    """
    check_field_of_view(fov)
    height, width = depth.shape
    focal = width / 2 / np.tan(np.radians(fov) / 2)
    across = (np.arange(width) + 0.5 - width / 2) / focal
    up = -(np.arange(height) + 0.5 - height / 2) / focal
    known = np.isfinite(depth)
    distance = depth.astype(np.float64)
    places = np.stack([across[None, :] * distance, up[:, None] * distance, -distance], axis=-1)
    return places[known].astype(np.float32), photo[known]


def write_ply(path: Path, places: NDArray[np.float32], colors: NDArray[np.uint8], *, comment: str = "") -> None:
    """Write points to a binary little-endian PLY file (Turk, "The PLY polygon file format", 1994), atomically.

    Args:
        path: the file; missing parent folders are made.
        places: ``float32 [N, 3]``.
        colors: ``uint8 [N, 3]``, RGB.
        comment: a line for the header.
    """
    vertices = np.empty(len(places), dtype=_VERTEX)
    for place, axis in enumerate("xyz"):
        vertices[axis] = places[:, place]
    for channel, name in enumerate(("red", "green", "blue")):
        vertices[name] = colors[:, channel]
    header = [
        "ply",
        "format binary_little_endian 1.0",
        *([f"comment {comment}"] if comment else []),
        f"element vertex {len(vertices)}",
        *(f"property float {axis}" for axis in "xyz"),
        *(f"property uchar {name}" for name in ("red", "green", "blue")),
        "end_header\n",
    ]
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write("\n".join(header).encode("ascii"))
        file.write(vertices.tobytes())
