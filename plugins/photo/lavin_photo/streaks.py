"""Antialiased lines, many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_POINTS_PER_PIXEL = 2


def splat_lines(
    centres: NDArray[np.float64],
    directions: NDArray[np.float64],
    lengths: NDArray[np.float64],
    weights: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Add up lines on a grid: each pixel gets the length of line in it, times the line's weight.

    Args:
        centres: ``[N, 2]``, (row, column) in pixels, pixel centres at whole numbers.
        directions: ``[N, 2]``, unit vectors (row, column).
        lengths: ``[N]`` in pixels.
        weights: ``[N]``.
        shape: (height, width) of the grid.

    Returns ``float64 [height, width]``. Lines are cut off at the edges.
    """
    count = max(2, int(np.ceil(float(lengths.max()) * _POINTS_PER_PIXEL)))
    along = (np.arange(count) + 0.5) / count - 0.5
    points = centres[:, None] + directions[:, None] * (lengths[:, None] * along)[..., None]
    mass = np.repeat(weights * lengths / count, count)
    flat = points.reshape(-1, 2)
    corner = np.floor(flat).astype(np.int64)
    part = flat - corner
    grid = np.zeros(shape[0] * shape[1])
    for down in (0, 1):
        for right in (0, 1):
            row, column = corner[:, 0] + down, corner[:, 1] + right
            inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
            share = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1]) * mass
            grid += np.bincount((row * shape[1] + column)[inside], weights=share[inside], minlength=grid.size)
    return grid.reshape(shape)
