"""Light that is worked out on the whole picture: soft shadows, and corners that get less light."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_scenes.cast import Hits
from lavin_scenes.surface import Surface
from lavin_scenes.vectors import Floats, dot
from lavin_scenes.view import View

_RINGS: Final = ((0.02, 6, 0.0), (0.055, 6, 0.5))
"""Neighbours that are asked whether they stand in the way: distance / side of the picture, how many, first angle."""
_DARKEST = 0.35


def openness(hits: Hits, surface: Surface, view: View) -> Floats:
    """How much of the light from everywhere arrives ``[N]``: less where neighbouring pixels rise above the surface.

    (Screen-space ambient occlusion: Mittring, "Finding next gen: CryEngine 2", 2007.)
    """
    size = view.size
    offsets = [
        (round(float(np.sin(angle) * reach * size)), round(float(np.cos(angle) * reach * size)), reach)
        for reach, count, first in _RINGS
        for angle in (np.arange(count) + first) * 2 * np.pi / count
    ]
    margin = max(max(abs(down), abs(right)) for down, right, _ in offsets)
    position = surface.position.reshape(3, size, size)
    padded = np.pad(position, ((0, 0), (margin, margin), (margin, margin)), mode="edge")
    normal = surface.normal.reshape(3, size, size)
    distance = np.where(hits.part >= 0, hits.distance, 1).reshape(size, size)
    # How far apart two neighbours are, squared, where the surface faces the camera.
    usual = (distance * np.float32(view.pixel * size * 1.5)) ** 2
    hidden = np.zeros((size, size), dtype=np.float32)
    for down, right, reach in offsets:
        apart = padded[:, margin + down : margin + down + size, margin + right : margin + right + size] - position
        square = dot(apart, apart) + np.float32(1e-8)
        rise = dot(apart, normal) / np.sqrt(square)
        hidden += np.maximum(rise - np.float32(0.12), 0) / (1 + square / (usual * np.float32(reach * reach)))
    left: Floats = np.maximum(1 - hidden * np.float32(3.2 / len(offsets)), np.float32(_DARKEST)).ravel()
    return left


def soften(visible: Floats, planes: NDArray[np.bool_], softness: float, size: int) -> Floats:
    """Blurs shadows' borders on the ground and walls; ``visible`` ``[N]`` is 1 in the light of a lamp."""
    if not softness:
        return visible
    sigma = min(softness * 0.25, 0.03) * size
    weight = planes.astype(np.float32).reshape(size, size)
    total = ndimage.gaussian_filter(weight * visible.reshape(size, size), sigma, truncate=3.0)
    share = ndimage.gaussian_filter(weight, sigma, truncate=3.0)
    soft: Floats = np.where(planes, total.ravel() / np.maximum(share.ravel(), np.float32(1e-6)), visible)
    return soft
