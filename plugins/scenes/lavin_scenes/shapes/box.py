"""The box |x| <= a, |y| <= b, |z| <= c."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.vectors import Floats


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size`` holds half the sides. Face 2 * axis, + 1 on the positive side."""
    safe = np.where(np.abs(direction) < 1e-9, np.float32(1e-9), direction)
    inverse = 1 / safe
    middle = -origin * inverse
    half = np.abs(inverse) * size[:3]
    enter, leave = middle - half, middle + half
    axis = np.argmax(enter, axis=0)
    along = np.max(enter, axis=0)
    along[along >= np.min(leave, axis=0)] = np.inf
    backwards = np.take_along_axis(direction, axis[None], axis=0)[0] < 0
    return along, (2 * axis + backwards).astype(np.int8)


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    del size
    normals = np.zeros_like(point)
    normals[face >> 1, np.arange(point.shape[1])] = (face & 1) * np.float32(2) - 1
    return normals


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    return -size[:3], size[:3]
