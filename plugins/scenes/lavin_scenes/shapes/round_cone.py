"""The round cone: the hull of a ball around the origin and a smaller or larger one further along z. Limbs are these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.shapes.frustum import mantle, unflattened
from lavin_scenes.vectors import Floats, dot, unit, vector

_SIDE, _NEAR, _FAR = 0, 1, 2


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size``: the length, the radii at the origin and at the other end, depth / width.

    The length must exceed the difference of the radii, else one ball holds the other.
    """
    length, near, far = size[0], size[1], size[2]
    start, way, stretch = unflattened(origin, direction, size[3])
    shift = -dot(start, way) + way[2] * (length / 2)
    start = start + shift * way
    sine = (near - far) / length
    cosine = np.sqrt(np.maximum(1 - sine * sine, np.float32(1e-6)))
    slope = -sine / cosine
    # The side touches the balls along circles; its radius is near / cosine where z is 0.
    along = mantle(start, way, near / cosine, slope, near * sine, length + far * sine)
    face = np.full(along.shape, _SIDE, dtype=np.int8)
    for number, centre, radius in ((_NEAR, np.zeros_like(length), near), (_FAR, length, far)):
        offset = start.copy()
        offset[2] -= centre
        nearest = -dot(offset, way)
        offset += nearest * way
        inside = radius * radius - dot(offset, offset)
        ball = nearest - np.sqrt(np.maximum(inside, 0))
        closer = (inside > 0) & (ball < along)
        along = np.where(closer, ball, along)
        face[closer] = number
    return (along + shift) / stretch, face


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    length, near, far, flat = size
    y = point[1] / flat
    sine = (near - far) / length
    cosine = np.sqrt(np.maximum(1 - sine * sine, np.float32(1e-6)))
    radius = np.maximum(np.hypot(point[0], y), np.float32(1e-6))
    side = np.stack([point[0] / radius * cosine, y / radius * cosine, sine])
    ball = np.stack([point[0], y, point[2] - np.where(face == _FAR, length, np.float32(0))])
    upright = np.where(face == _SIDE, side, unit(ball))
    upright[1] /= flat
    return unit(upright)


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    length, near, far, flat = (float(value) for value in size)
    widest = max(near, far)
    low, high = min(-near, length - far), max(near, length + far)
    return vector([-widest, -widest * flat, low]), vector([widest, widest * flat, high])
