"""The plane z = 0, seen from above: the ground, or a wall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.vectors import Floats, vector

_FAR = 1e4


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size`` says nothing."""
    del size
    falling = np.minimum(direction[2], np.float32(-1e-9))
    along = -origin[2] / falling
    along[(direction[2] > -1e-6) | (along > _FAR)] = np.inf
    return along, np.zeros(along.shape, dtype=np.int8)


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    del size, face
    upwards = np.zeros_like(point)
    upwards[2] = 1
    return upwards


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    del size
    return vector([-_FAR, -_FAR, -_FAR]), vector([_FAR, _FAR, 0])
