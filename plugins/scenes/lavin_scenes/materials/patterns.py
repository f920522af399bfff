"""Patterns in space: plain, mottled, grained, veined, checked, striped. All colours are linear RGB ``[3]``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lavin_scenes.materials.noise import fade, grains, noise
from lavin_scenes.vectors import Floats

_HALF = np.float32(0.5)


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
    """Two colours that run into each other.

    Attributes:
        first, second: the colours.
        scale: width of the spots in metres.
        contrast: 1 gives spots with borders, 0.3 clouds.
        stretch: how much longer the spots are along each axis: (1, 1, 12) is the grain of wood along z.
    """

    first: Floats
    second: Floats
    scale: float
    contrast: float = 0.35
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        squeezed = points / np.array(self.stretch, np.float32)[:, None]
        share = _HALF + np.float32(self.contrast) * noise(squeezed, self.scale) * fade(footprint, self.scale)
        return blend(self.first, self.second, np.clip(share, 0, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Layered:
    """Fine grains on broad spots: grass, carpet, gravel, asphalt.

    Attributes:
        first, second: colours of the broad spots.
        scale, grain: widths of spots and grains in metres.
        roughness: how far the grains' brightness varies, 0..1.
    """

    first: Floats
    second: Floats
    scale: float
    grain: float
    roughness: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        share = _HALF + np.float32(0.3) * noise(points, self.scale) * fade(footprint, self.scale)
        rough = grains(points, self.grain) * fade(footprint, self.grain)
        # Grains too small to be seen near by leave larger ones that are.
        rough = rough + np.float32(0.6) * grains(points, self.grain * 5) * fade(footprint, self.grain * 5)
        brightness = np.maximum(1 + np.float32(self.roughness) * rough, np.float32(0.2))
        mixed: Floats = blend(self.first, self.second, np.clip(share, 0, 1)) * brightness
        return mixed


@dataclass(frozen=True, slots=True, eq=False)
class Veined:
    """Marble: bent bands of a second colour; ``scale`` is their distance in metres."""

    first: Floats
    second: Floats
    scale: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        bent = (points[0] + points[1] * _HALF + points[2] * np.float32(0.7)) / np.float32(self.scale)
        bands = np.abs(np.sin(np.float32(np.pi) * (bent + np.float32(0.6) * noise(points, self.scale * 2))))
        veins = (1 - bands) ** np.float32(2.5)
        return blend(self.first, self.second, np.float32(0.2) + (veins - np.float32(0.2)) * fade(footprint, self.scale))


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """A chessboard in space; ``scale`` is the side of a field in metres."""

    first: Floats
    second: Floats
    scale: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        # A little off, so that no face of a solid lies on a border between fields.
        fields = np.floor(points / np.float32(self.scale) + np.float32(0.4987)).astype(np.int32).sum(axis=0) & 1
        bright = (fields - _HALF) * fade(footprint, self.scale)
        return blend(self.first, self.second, bright + _HALF)


@dataclass(frozen=True, slots=True, eq=False)
class Stripes:
    """Stripes across an axis.

    Attributes:
        first, second: the colours.
        scale: width of a pair of stripes in metres.
        axis: 0, 1 or 2.
        share: of the first colour.
    """

    first: Floats
    second: Floats
    scale: float
    axis: int
    share: float = 0.5

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        del normals
        phase = np.mod(points[self.axis] / np.float32(self.scale) + np.float32(0.237), 1)
        second = np.float32(1 - self.share)
        return blend(
            self.first, self.second, second + ((phase > self.share) - second) * fade(footprint, self.scale / 2)
        )
