"""Patterns computed from places: plain, mottled, checked, striped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lavin_scenes.materials.noise import fade, noise
from lavin_scenes.vectors import Floats


def blend(first: Floats, second: Floats, share: Floats) -> Floats:
    """Two colours ``[3]`` mixed by shares ``[N]``: ``[3, N]``."""
    return first[:, None] + (second - first)[:, None] * share


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """One colour."""

    color: Floats

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals, footprint
        return np.broadcast_to(self.color[:, None], points.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Mottled:
    """Two colours that run into each other; ``scale`` is the width of the spots in metres."""

    first: Floats
    second: Floats
    scale: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        share = np.float32(0.5) + np.float32(0.3) * noise(points, self.scale) * fade(footprint, self.scale / 2)
        return blend(self.first, self.second, np.clip(share, 0, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """A chessboard in space; ``scale`` is the side of a field in metres."""

    first: Floats
    second: Floats
    scale: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        # Half a field off, so that no face of a solid lies on a border between fields.
        fields = np.floor(points / np.float32(self.scale) + np.float32(0.4987)).astype(np.int32).sum(axis=0) & 1
        bright = (fields - np.float32(0.5)) * fade(footprint, self.scale)
        return blend(self.first, self.second, bright + np.float32(0.5))


@dataclass(frozen=True, slots=True, eq=False)
class Stripes:
    """Stripes across an axis; ``scale`` is the width of a pair in metres."""

    first: Floats
    second: Floats
    scale: float
    axis: int

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        phase = np.mod(points[self.axis] / np.float32(self.scale) + np.float32(0.237), 1)
        bright = (phase < 0.5) - np.float32(0.5)
        return blend(self.first, self.second, bright * fade(footprint, self.scale / 2) + np.float32(0.5))
