"""The box with rounded edges, sphere-traced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.shapes.traced import march
from lavin_scenes.vectors import Floats, unit


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size`` holds half the sides and the radius of the edges."""
    inner, round_by = size[:3] - size[3], size[3]

    def field(place: Floats, rays: NDArray[np.intp]) -> Floats:
        beyond = np.abs(place) - inner[:, rays]
        outside = np.maximum(beyond, 0)
        far: Floats = np.sqrt((outside * outside).sum(axis=0)) + np.minimum(beyond.max(axis=0), 0) - round_by[rays]
        return far

    along = march(field, origin, direction, -size[:3], size[:3])
    return along, np.zeros(along.shape, dtype=np.int8)


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    del face
    beyond = np.maximum(np.abs(point) - (size[:3] - size[3]), np.float32(1e-7))
    return unit(np.copysign(beyond, point))


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    return -size[:3], size[:3]
