"""The torus around z, sphere-traced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.shapes.traced import march
from lavin_scenes.vectors import Floats, unit, vector


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size`` holds the radius of the ring and that of its tube."""
    ring, tube = size[0], size[1]

    def field(place: Floats, rays: NDArray[np.intp]) -> Floats:
        far: Floats = np.hypot(np.hypot(place[0], place[1]) - ring[rays], place[2]) - tube[rays]
        return far

    corner = np.stack([ring + tube, ring + tube, tube])
    along = march(field, origin, direction, -corner, corner)
    return along, np.zeros(along.shape, dtype=np.int8)


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    del face
    radius = np.maximum(np.hypot(point[0], point[1]), np.float32(1e-6))
    share = 1 - size[0] / radius
    return unit(np.stack([point[0] * share, point[1] * share, point[2]]))


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    ring, tube = float(size[0]), float(size[1])
    corner = vector([ring + tube, ring + tube, tube])
    return -corner, corner
