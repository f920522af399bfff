"""Vectors and rotations. Many vectors at once are ``float32 [3, N]``: one row an axis, which numpy handles fastest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating]
"""``float32``, always; numpy's types don't say so of a quotient."""
Integers = NDArray[np.intp]


class Pose(NamedTuple):
    """Where something is: its own coordinates p become ``rotation @ p + place``."""

    rotation: Floats
    place: Floats

    def then(self, outer: Pose) -> Pose:
        """The pose of something that stands in this way inside ``outer``."""
        return Pose(outer.rotation @ self.rotation, outer.rotation @ self.place + outer.place)


def vector(values: ArrayLike) -> Floats:
    """Numbers as ``float32``."""
    return np.asarray(values, dtype=np.float32)


def pose(place: ArrayLike = (0.0, 0.0, 0.0), rotation: Floats | None = None) -> Pose:
    """A pose, not turned unless a rotation is given."""
    return Pose(np.eye(3, dtype=np.float32) if rotation is None else vector(rotation), vector(place))


ORIGIN = pose()
"""Not moved, not turned."""


def turn(axis: int, angle: float) -> Floats:
    """The rotation about axis 0, 1 or 2 by an angle in radians, counter-clockwise seen from the axis's tip."""
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.eye(3, dtype=np.float32)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = cosine
    matrix[second, first], matrix[first, second] = sine, -sine
    return matrix


def turn_about(axis: ArrayLike, angle: float) -> Floats:
    """The rotation about a unit vector by an angle in radians (Rodrigues' formula)."""
    x, y, z = vector(axis)
    cross = vector([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return vector(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross))


def frame_along(axis: Floats, side: Floats) -> Floats:
    """The rotation that brings z to ``axis`` (unit length) and x as near to ``side`` as it can be."""
    across = side - axis * float(axis @ side)
    length = float(np.linalg.norm(across))
    if length < 1e-4:
        helper = vector([1, 0, 0]) if abs(axis[0]) < 0.9 else vector([0, 1, 0])
        across = helper - axis * float(axis @ helper)
        length = float(np.linalg.norm(across))
    across = across / length
    return np.stack([across, np.cross(axis, across), axis], axis=1).astype(np.float32)


def unit(value: Floats) -> Floats:
    """A vector ``[3]`` or vectors ``[3, N]`` at length 1."""
    return value / np.sqrt(np.maximum(dot(value, value), np.float32(1e-20)))


def dot(left: Floats, right: Floats) -> Floats:
    """Scalar products of vectors ``[3, ...]``."""
    product: Floats = left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
    return product
