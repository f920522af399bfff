"""The ellipsoid x²/a² + y²/b² + z²/c² = 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.vectors import Floats, dot, unit


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size`` holds the three radii."""
    inverse = 1 / size[:3]
    towards = direction * inverse
    start = origin * inverse
    square = dot(towards, towards)
    # From the point nearest to the centre: the usual discriminant loses all its digits for small, distant solids.
    nearest = -dot(start, towards) / square
    start = start + nearest * towards
    inside = 1 - dot(start, start)
    along = nearest - np.sqrt(np.maximum(inside, 0) / square)
    along[inside <= 0] = np.inf
    return along, np.zeros(along.shape, dtype=np.int8)


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    del face
    return unit(point / (size[:3] * size[:3]))


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    return -size[:3], size[:3]
