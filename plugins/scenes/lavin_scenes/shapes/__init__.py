"""Solids that rays meet: where, with which normal, and on which face.

Every module has ``distance(origin, direction, size) -> (distance [N], face [N])`` and ``normal(point, size, face) ->
[3, N]``, in the solid's own coordinates, for rays ``[3, N]`` of unit direction and ``size`` ``[4, N]``. The distance is
that to the first place where the ray enters the solid, inf where it misses it. Two neighbouring pixels on different
faces of one solid may have an edge between them; a curved surface is one face.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.shapes import box, ellipsoid, frustum, plane, round_cone, rounded_box, tapered, torus
from lavin_scenes.vectors import Floats

Faces = NDArray[np.int8]


class Shape(IntEnum):
    """The kinds of solids, with the meaning of their ``size``.

    PLANE: everything below z = 0 (no size). BOX: half sides x, y, z. ELLIPSOID: radii x, y, z.
    FRUSTUM: half height along z, radius at the bottom, radius at the top (a cylinder, a cone or between), depth along
    y / width along x. ROUND_CONE: length along z, radius around the origin, radius around the other end (a capsule if
    they are equal), depth / width. ROOF: half the sides of the bottom at z = 0, height, width along x at the top / at
    the bottom. PYRAMID: the same, but narrower along y too. TORUS: radius of the ring around z, radius of the tube.
    ROUNDED_BOX: half sides, radius of the edges. BLEND: softness of a smooth union; see `Part`.
    """

    PLANE = 0
    BOX = 1
    ELLIPSOID = 2
    FRUSTUM = 3
    ROUND_CONE = 4
    ROOF = 5
    PYRAMID = 6
    TORUS = 7
    ROUNDED_BOX = 8
    BLEND = 9


class Solid(NamedTuple):
    """What a kind of solid can compute; ``bounds`` are the corners of a box around it, ``[3]`` each."""

    distance: Callable[[Floats, Floats, Floats], tuple[Floats, Faces]]
    normal: Callable[[Floats, Floats, Faces], Floats]
    bounds: Callable[[Floats], tuple[Floats, Floats]]


SOLIDS = {
    Shape.PLANE: Solid(plane.distance, plane.normal, plane.bounds),
    Shape.BOX: Solid(box.distance, box.normal, box.bounds),
    Shape.ELLIPSOID: Solid(ellipsoid.distance, ellipsoid.normal, ellipsoid.bounds),
    Shape.FRUSTUM: Solid(frustum.distance, frustum.normal, frustum.bounds),
    Shape.ROUND_CONE: Solid(round_cone.distance, round_cone.normal, round_cone.bounds),
    Shape.ROOF: Solid(
        functools.partial(tapered.distance, both=False), functools.partial(tapered.normal, both=False), tapered.bounds
    ),
    Shape.PYRAMID: Solid(
        functools.partial(tapered.distance, both=True), functools.partial(tapered.normal, both=True), tapered.bounds
    ),
    Shape.TORUS: Solid(torus.distance, torus.normal, torus.bounds),
    Shape.ROUNDED_BOX: Solid(rounded_box.distance, rounded_box.normal, rounded_box.bounds),
}
"""All but blends, which are not told by four numbers."""
