"""Smooth unions of pills: soft bodies without any crease, sphere-traced.

A pill runs from one ball to another; it is a row (x, y, z, x, y, z, radius, radius) of an array ``[K, 8]``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.shapes.traced import march
from lavin_scenes.vectors import Floats, unit


def distance(origin: Floats, direction: Floats, pills: Floats, softness: float) -> tuple[Floats, NDArray[np.int8]]:
    """See `lavin_scenes.shapes`; ``softness`` is about how wide the fillets are, in metres."""
    low, high = bounds(pills, softness)

    def field(place: Floats, _rays: NDArray[np.intp]) -> Floats:
        far, _ = _fields(place, pills)
        nearest = far.min(axis=0)
        together = np.exp((nearest - far) / np.float32(softness)).sum(axis=0)
        # A pill whose radius changes is a little nearer than its field says, so the steps are shorter.
        joined: Floats = (nearest - np.float32(softness) * np.log(together)) * np.float32(0.93)
        return joined

    along = march(field, origin, direction, low[:, None], high[:, None])
    return along, np.zeros(along.shape, dtype=np.int8)


def normal(point: Floats, pills: Floats, softness: float) -> Floats:
    """See `lavin_scenes.shapes`: the mean of the pills' own normals, weighted as the smooth union weights them."""
    far, ways = _fields(point, pills)
    weight = np.exp((far.min(axis=0) - far) / np.float32(softness))
    return unit((ways * weight).sum(axis=1))


def _fields(place: Floats, pills: Floats) -> tuple[Floats, Floats]:
    """Distances to each pill ``[K, N]`` and their gradients ``[3, K, N]``."""
    start = pills[:, :3].T[:, :, None]
    axis = (pills[:, 3:6] - pills[:, :3]).T[:, :, None]
    square = np.maximum((axis * axis).sum(axis=0), np.float32(1e-12))
    offset = place[:, None, :] - start
    share = np.clip((offset * axis).sum(axis=0) / square, 0, 1)
    apart = offset - share * axis
    length = np.sqrt(np.maximum((apart * apart).sum(axis=0), np.float32(1e-14)))
    change = (pills[:, 7] - pills[:, 6])[:, None]
    between = (share > 0) & (share < 1)
    gradient = apart / length - np.where(between, change / square, 0) * axis
    return length - (pills[:, 6:7] + share * change), gradient


def bounds(pills: Floats, softness: float) -> tuple[Floats, Floats]:
    """The corners of a box around the union."""
    ends = np.concatenate([pills[:, :3], pills[:, 3:6]])
    radii = np.concatenate([pills[:, 6], pills[:, 7]])[:, None] + softness * np.log(len(pills))
    return (ends - radii).min(axis=0), (ends + radii).max(axis=0)
