"""The pinhole camera: rays through the picture, and where places in the world come to lie in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lavin_scenes.vectors import Floats, vector

_NEAR = 0.02
"""What is nearer to the camera's plane than this, in metres, isn't projected."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera with square pictures.

    Attributes:
        place: ``float32 [3]``.
        rotation: ``float32 [3, 3]``, rows: its right, its up, and the way it looks, in the world.
        focal: focal length / side of the picture.
    """

    place: Floats
    rotation: Floats
    focal: float

    def rays(self, x: Floats, y: Floats, size: int) -> Floats:
        """Unit directions ``[3, N]`` through places in a picture of ``size`` pixels."""
        scale = np.float32(1 / (self.focal * size))
        across, up = (x - np.float32(size / 2)) * scale, (np.float32(size / 2) - y) * scale
        length = np.sqrt(across * across + up * up + 1)
        directions: Floats = self.rotation.T @ np.stack([across / length, up / length, 1 / length])
        return directions

    def project(self, points: Floats, size: int) -> tuple[Floats, Floats, Floats]:
        """x, y and depth along the way it looks, of places ``[3, ...]``; x and y are NaN behind the camera."""
        seen = np.tensordot(self.rotation, points - self.place.reshape(3, *[1] * (points.ndim - 1)), axes=1)
        return self._onto_picture(seen, size)

    def project_directions(self, directions: Floats, size: int) -> tuple[Floats, Floats]:
        """x and y of what lies infinitely far in the directions ``[3, N]``."""
        x, y, _ = self._onto_picture(self.rotation @ directions, size)
        return x, y

    def _onto_picture(self, seen: Floats, size: int) -> tuple[Floats, Floats, Floats]:
        depth = seen[2]
        scale = self.focal * size / np.where(depth > _NEAR, depth, np.float32(np.nan))
        return vector(size / 2 + seen[0] * scale), vector(size / 2 - seen[1] * scale), depth


CameraPath = Callable[[float], Camera]
"""The camera at a time in seconds."""


def look_at(place: ArrayLike, target: ArrayLike, *, focal: float, roll: float = 0.0) -> Camera:
    """A camera that looks at a target, level but for ``roll`` (radians, clockwise picture)."""
    eye = vector(place)
    forward = vector(target) - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, vector([0, 0, 1]))
    right = right / np.linalg.norm(right)
    up = np.cross(right, forward)
    cosine, sine = np.cos(roll), np.sin(roll)
    rotation = np.stack([cosine * right + sine * up, cosine * up - sine * right, forward])
    return Camera(eye, vector(rotation), focal)
