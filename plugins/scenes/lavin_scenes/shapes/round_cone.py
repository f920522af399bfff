"""The round cone: the hull of a ball around the origin and a smaller or larger one further along z. Limbs are these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.shapes.frustum import mantle
from lavin_scenes.vectors import Floats, dot, unit, vector

_SIDE, _NEAR, _FAR = 0, 1, 2


def distance(origin: Floats, direction: Floats, size: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``size`` holds the length, the radius at the origin and that at the other end.

    The length must exceed the difference of the radii, else one ball holds the other.
    """
    length, near, far = size[0], size[1], size[2]
    shift = -dot(origin, direction) + direction[2] * (length / 2)
    start = origin + shift * direction
    sine = (near - far) / length
    cosine = np.sqrt(np.maximum(1 - sine * sine, np.float32(1e-6)))
    slope = -sine / cosine
    # The side touches the balls along circles; its radius is near / cosine where z is 0.
    along = mantle(start, direction, near / cosine, slope, near * sine, length + far * sine)
    face = np.full(along.shape, _SIDE, dtype=np.int8)
    for number, centre, radius in ((_NEAR, np.zeros_like(length), near), (_FAR, length, far)):
        offset = start.copy()
        offset[2] -= centre
        nearest = -dot(offset, direction)
        offset += nearest * direction
        inside = radius * radius - dot(offset, offset)
        ball = nearest - np.sqrt(np.maximum(inside, 0))
        closer = (inside > 0) & (ball < along)
        along = np.where(closer, ball, along)
        face[closer] = number
    return along + shift, face


def normal(point: Floats, size: Floats, face: NDArray[np.int8]) -> Floats:
    """See `lavin_scenes.shapes`."""
    length, near, far = size[0], size[1], size[2]
    sine = (near - far) / length
    cosine = np.sqrt(np.maximum(1 - sine * sine, np.float32(1e-6)))
    radius = np.maximum(np.hypot(point[0], point[1]), np.float32(1e-6))
    side = np.stack([point[0] / radius * cosine, point[1] / radius * cosine, sine])
    ball = point.copy()
    ball[2] -= np.where(face == _FAR, length, np.float32(0))
    return np.where(face == _SIDE, side, unit(ball)).astype(np.float32)


def bounds(size: Floats) -> tuple[Floats, Floats]:
    """See `lavin_scenes.shapes`."""
    length, near, far = (float(value) for value in size[:3])
    widest = max(near, far)
    return vector([-widest, -widest, min(-near, length - far)]), vector([widest, widest, max(near, length + far)])
