"""Pictures full of segments, made for tests: ids, exact to the pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]


def patchwork(size: int, seed: int, *, cells: int = 14, thin: int = 3, discs: int = 3, holes: int = 1) -> Ids:
    """Wavy cells, thin curved lines (6 to 9 pixels at 256), small discs, a bar across them all, unlabelled holes.

    The bar and the lines cut other segments in two. There are up to ``cells + thin + discs + 1`` segments, ids not in
    a row.
    """
    random = np.random.default_rng(seed)
    rows, columns = (np.mgrid[:size, :size] + 0.5) / size
    phase = random.random(4) * 6
    down = rows + 0.03 * np.sin(8 * columns + phase[0]) + 0.02 * np.sin(21 * columns + phase[1])
    right = columns + 0.03 * np.sin(9 * rows + phase[2]) + 0.02 * np.sin(23 * rows + phase[3])
    seeds = random.random((cells, 2))
    nearest = np.hypot(down[..., None] - seeds[:, 0], right[..., None] - seeds[:, 1]).argmin(axis=-1)
    ids: Ids = nearest.astype(np.int32) + 1
    for number in range(thin):
        angle, (top, left) = random.random() * np.pi, 0.2 + 0.6 * random.random(2)
        beside = np.abs((right - left) * np.sin(angle) - (down - top) * np.cos(angle))
        along = np.abs((right - left) * np.cos(angle) + (down - top) * np.sin(angle))
        ids[(beside < (3 + 1.5 * random.random()) / 256) & (along < 0.15 + 0.2 * random.random())] = 101 + number
    for number in range(discs):
        top, left = random.random(2)
        ids[np.hypot(rows - top, columns - left) < 0.03 + 0.03 * random.random()] = 201 + number
    ids[np.abs(right - 0.5) < 0.03] = 70_000
    for _ in range(holes):
        top, left = random.random(2)
        ids[np.hypot(rows - top, columns - left) < 0.05 + 0.1 * random.random()] = 0
    return ids
