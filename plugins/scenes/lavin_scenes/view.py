"""The rays of a picture, and which parts each of them could meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lavin_scenes.camera import Camera
from lavin_scenes.cast import Pairs
from lavin_scenes.parts import Parts
from lavin_scenes.vectors import Floats, Integers, vector


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Rays from a camera through places in its picture.

    Attributes:
        camera: see `Camera`.
        size: side of the picture in pixels.
        x, y: ``float32 [N]``, the places.
        directions: ``float32 [3, N]``, unit length.
        grid: whether the rays go through all pixels' centres, row by row.
    """

    camera: Camera
    size: int
    x: Floats
    y: Floats
    directions: Floats
    grid: bool

    @property
    def pixel(self) -> float:
        """The angle that a pixel spans in the middle of the picture, in radians."""
        return 1 / (self.camera.focal * self.size)

    def candidates(self, parts: Parts) -> Pairs:
        """For each part the rays inside the rectangle around its projection."""
        x, y, depth = self.camera.project(parts.bounds.transpose(1, 0, 2), self.size)
        pairs: Pairs = []
        for part in np.nonzero((depth > 0).any(axis=1))[0]:
            if np.isnan(x[part]).any():
                ray = np.arange(len(self.x))
            else:
                ray = self._inside(x[part].min(), x[part].max(), y[part].min(), y[part].max())
            if len(ray):
                pairs.append((int(part), ray))
        return pairs

    def _inside(self, left: np.float32, right: np.float32, top: np.float32, bottom: np.float32) -> Integers:
        if not self.grid:
            return np.nonzero((self.x >= left) & (self.x <= right) & (self.y >= top) & (self.y <= bottom))[0]
        columns = np.arange(*_pixels(left, right, self.size))
        rows = np.arange(*_pixels(top, bottom, self.size))
        return (rows[:, None] * self.size + columns).ravel()


def _pixels(low: np.float32, high: np.float32, size: int) -> tuple[int, int]:
    """The pixels whose centres lie between two places, clipped to the picture."""
    return max(0, int(np.ceil(low - 0.5))), min(size, int(np.floor(high - 0.5)) + 1)


def whole_view(camera: Camera, size: int) -> View:
    """Rays through the centres of all pixels."""
    centres = vector(np.arange(size) + 0.5)
    x, y = np.tile(centres, size), np.repeat(centres, size)
    return View(camera, size, x, y, camera.rays(x, y, size), grid=True)


def partial_view(camera: Camera, size: int, x: Floats, y: Floats) -> View:
    """Rays through given places ``[N]``."""
    x, y = vector(x), vector(y)
    return View(camera, size, x, y, camera.rays(x, y, size), grid=False)
