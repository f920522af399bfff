"""Edges one pixel thin: of binary maps by Guo and Hall's algorithm, of soft maps by non-maximum suppression."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# The eight neighbours, once around from the one above; bit i of a neighbourhood's code is the i-th.
_AROUND = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))


def thin(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin ``bool [H, W]`` to lines one pixel wide with the same connections; thinning again changes nothing.

    Guo and Hall, "Parallel thinning with two-subiteration algorithms", CACM 1989 (algorithm A1), which is also what
    MATLAB's bwmorph does.
    """
    thinned = edges.copy()
    while True:
        before = int(thinned.sum())
        for removable in _removable():
            thinned &= ~removable[_neighbourhoods(thinned)]
        if int(thinned.sum()) == before:
            return thinned


def suppress_non_maxima(edges: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep of a soft edge map ``float32 [H, W]`` only the ridges: what is above its neighbours across the edge."""
    smooth = ndimage.gaussian_filter(edges.astype(np.float64), 1.0)
    # Across an edge the second derivative is the larger one, negative on its ridge and positive at its feet: the
    # Hessian's eigenvector of the eigenvalue that is larger in size.
    down, right = np.gradient(smooth)
    rows, mixed = np.gradient(down)
    columns = np.gradient(right, axis=1)
    angle = 0.5 * np.arctan2(2 * mixed, columns - rows) + np.where(columns + rows > 0, 0, np.pi / 2)
    step_down, step_right = np.sin(angle), np.cos(angle)
    place = np.indices(edges.shape, dtype=np.float64)
    sides = [
        ndimage.map_coordinates(smooth, place + sign * np.stack([step_down, step_right]), order=1, mode="nearest")
        for sign in (-1, 1)
    ]
    # ">" on one side: of two equal neighbours one is kept, and of a plain none.
    ridge = (smooth > sides[0]) & (smooth >= sides[1])
    return np.where(ridge, edges, 0).astype(np.float32)


def _neighbourhoods(edges: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """For each pixel of ``bool [H, W]``, its eight neighbours as the bits of a byte."""
    height, width = edges.shape
    padded = np.pad(edges.view(np.uint8), 1)
    code = np.zeros((height, width), dtype=np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        code |= np.left_shift(padded[row : row + height, column : column + width], bit, dtype=np.uint8)
    return code


@functools.cache
def _removable() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For both subiterations: by the code of its neighbours, whether a pixel can go."""
    neighbours = (np.arange(256)[:, None] >> np.arange(8)) & 1 == 1
    north, north_east, east, south_east, south, south_west, west, north_west = neighbours.T
    crossings = sum(
        (~first & (second | third)).astype(int)
        for first, second, third in (
            (north, north_east, east),
            (east, south_east, south),
            (south, south_west, west),
            (west, north_west, north),
        )
    )
    pairs = [
        sum((first | second).astype(int) for first, second in grouping)
        for grouping in (
            ((north, north_east), (east, south_east), (south, south_west), (west, north_west)),
            ((north_east, east), (south_east, south), (south_west, west), (north_west, north)),
        )
    ]
    count = np.minimum(*pairs)
    both = (crossings == 1) & (count >= 2) & (count <= 3)
    return (
        both & ~((north | north_east | ~south_east) & east),
        both & ~((south | south_west | ~north_west) & west),
    )
