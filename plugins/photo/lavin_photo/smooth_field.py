"""Smooth random fields that look the same at every size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_CELLS = 4
"""Hills and hollows along each side of the picture."""


def smooth_field(shape: tuple[int, int], random: np.random.Generator) -> NDArray[np.float64]:
    """Soft hills ``[H, W]``, all within 0..1 and spanning most of it: a coarse random grid, interpolated by splines."""
    grid = random.random((_CELLS + 1, _CELLS + 1))
    rows, columns = ((np.arange(length) + 0.5) / length * _CELLS for length in shape)
    places = np.meshgrid(rows, columns, indexing="ij")
    field: NDArray[np.float64] = ndimage.map_coordinates(grid, places, order=3, mode="nearest")
    return np.clip(field, 0, 1)
