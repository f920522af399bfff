"""Boxes that get narrower upwards: roofs and wedges (along x), pyramids (along x and y)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.vectors import Floats, vector

_BOTTOM, _TOP = 0, 1
"""Faces; then the sides -x, +x, -y, +y."""


def _planes(size: Floats, both: bool) -> tuple[Floats, Floats]:
    """Outward normals ``[6, 3, N]`` and the planes' distances ``[6, N]`` from the middle of the bottom."""
    half_x, half_y, height, taper = size
    normals = np.zeros((6, 3, size.shape[1]), dtype=np.float32)
    distances = np.zeros((6, size.shape[1]), dtype=np.float32)
    normals[_BOTTOM, 2], normals[_TOP, 2] = -1, 1
    distances[_TOP] = height
    for first, axis, half in ((2, 0, half_x), (4, 1, half_y)):
        narrowing = half * (1 - taper) if both or axis == 0 else np.zeros_like(half)
        length = np.hypot(height, narrowing)
        for number, sign in ((first, -1), (first + 1, 1)):
            normals[number, axis], normals[number, 2] = sign * height / length, narrowing / length
            distances[number] = half * height / length
    return normals, distances


def distance(origin: Floats, direction: Floats, size: Floats, *, both: bool) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size``: half the sides of the bottom, the height, width at the top / at the bottom.

    ``both`` whether it gets narrower along y too.
    """
    normals, offsets = _planes(size, both)
    outside = (normals * origin).sum(axis=1) - offsets
    falling = -(normals * direction).sum(axis=1)
    steep = np.where(np.abs(falling) < 1e-9, np.float32(1e-9), falling)
    along = outside / steep
    enter = np.where(falling > 0, along, np.where((falling <= 0) & (outside > 0), np.inf, -np.inf))
    # A ray that goes away from a plane that it is outside of never gets in; else it leaves there.
    leave = np.where(falling < 0, along, np.inf).min(axis=0)
    face = np.argmax(enter, axis=0)
    entered = enter.max(axis=0)
    entered[entered >= leave] = np.inf
    return entered.astype(np.float32), face.astype(np.int8)


def normal(point: Floats, size: Floats, face: NDArray[np.int8], *, both: bool) -> Floats:
    """See `lavin_scenes.shapes`."""
    normals, _ = _planes(size, both)
    chosen: Floats = normals[face, :, np.arange(point.shape[1])].T
    return chosen


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    half_x, half_y, height, taper = (float(value) for value in size)
    widest = max(1.0, taper)
    return vector([-half_x * widest, -half_y * widest, 0]), vector([half_x * widest, half_y * widest, height])
