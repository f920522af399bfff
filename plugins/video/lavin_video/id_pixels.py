"""Which object each pixel of a clip belongs to, once the objects' colours are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavincli.clip import Clip

_NEAR = 48.0
"""A pixel no farther than this from a colour (Euclidean, 0..255), and much nearer than to any other, is of it."""
_MUCH_NEARER = 0.6
_OWN = 8.0
"""How much an unclear pixel's own colour counts beside those of its eight neighbours: as much as all of them."""
_UNCLEAR = -1


def assign_pixels(clip: Clip, colors: NDArray[np.float64]) -> NDArray[np.int32]:
    """``uint8 [T, H, W, 3]`` -> ids ``int32 [T, H, W]``: 1 + the index into ``colors`` ``[N, 3]``; 0 for black.

    Pixels that are clearly of one colour have it. The others, mixed at borders by compression or blur, get the best of
    the colours around them. A thin line between two other objects counts as such a mixture too if its colour lies about
    halfway: that of a third object often does.
    """
    if not len(colors):
        return np.zeros(clip.shape[:3], dtype=np.int32)
    centres = _with_black(colors)
    nearest, clear = nearest_colors(clip, colors)
    if clear.all():
        return nearest
    labels = np.where(clear, nearest, _UNCLEAR).astype(np.int16)
    reach = 2 * max(1, round(min(clip.shape[1:3]) / 128)) + 1
    labels[_is_mixture(labels, centres, reach)] = _UNCLEAR
    return np.stack([_fill(*frame, centres, reach) for frame in zip(clip, labels, nearest, strict=True)])


def _with_black(colors: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.concatenate([np.zeros((1, 3)), colors]).astype(np.float32)


def nearest_colors(clip: Clip, colors: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Of each pixel the nearest colour (0 is black, 1 the first one), and whether it is clearly that one."""
    centres = _with_black(colors)
    # Looked up by the pixel's own colour, to 4 levels.
    levels = np.arange(64, dtype=np.float32) * 4 + 1.5
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    distances = np.linalg.norm(grid[:, None] - centres, axis=2)
    best, second = np.partition(distances, 1, axis=1)[:, :2].T
    clear = (best <= _NEAR) & (best <= _MUCH_NEARER * second)
    places = (clip >> 2).astype(np.int32) @ np.array([4096, 64, 1], dtype=np.int32)
    return distances.argmin(axis=1).astype(np.int32)[places], clear[places]


def _is_mixture(labels: NDArray[np.int16], centres: NDArray[np.float32], width: int) -> NDArray[np.bool_]:
    """Pixels that may be a mixture: in a part of an object less than ``width`` wide, and between two other objects.

    Those have wider parts within ``width``, and the colour lies about between theirs.
    """
    window = (1, width, width)
    core = ndimage.maximum_filter(labels, size=window) == ndimage.minimum_filter(labels, size=window)
    highest, lowest = _extremes(labels, core & (labels > 0), len(centres), window)
    wide = (labels == highest) | (labels == lowest)
    window = (1, 2 * width + 1, 2 * width + 1)
    highest, lowest = _extremes(labels, wide & (labels > 0), len(centres), window)
    thin = (labels > 0) & ~wide & (lowest < highest) & (labels != lowest) & (labels != highest)
    mixture = np.zeros(labels.shape, dtype=np.bool_)
    mixture[thin] = _between(centres)[labels[thin], lowest[thin], highest[thin]]
    return mixture


def _between(centres: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether colour i is near the straight line from j to k: ``bool [N, N, N]``."""
    start, end = centres[:, None], centres[None]
    way = end - start
    length = np.maximum((way**2).sum(axis=2), 1)
    share = np.clip(((centres[:, None, None] - start) * way).sum(axis=3) / length, 0, 1)
    nearest = start + share[..., None] * way
    between: NDArray[np.bool_] = np.linalg.norm(centres[:, None, None] - nearest, axis=3) <= _NEAR
    return between


def _extremes(
    labels: NDArray[np.int16], where: NDArray[np.bool_], count: int, window: tuple[int, int, int]
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The largest and the smallest label around each pixel, of those pixels that ``where`` tells; 0, count if none."""
    highest = ndimage.maximum_filter(np.where(where, labels, 0), size=window)
    lowest = ndimage.minimum_filter(np.where(where, labels, count), size=window)
    return highest.astype(np.int16), lowest.astype(np.int16)


def _fill(
    frame: NDArray[np.uint8],
    labels: NDArray[np.int16],
    nearest: NDArray[np.int32],
    centres: NDArray[np.float32],
    reach: int,
) -> NDArray[np.int32]:
    """Give the unclear pixels of one frame the label within ``reach`` whose colour fits their 3 x 3 pixels best."""
    unclear = labels == _UNCLEAR
    if unclear.all() or not unclear.any():
        return nearest if unclear.all() else labels.astype(np.int32)
    rows, columns = np.nonzero(unclear)
    padded = np.pad(frame, ((1, 1), (1, 1), (0, 0)), mode="edge").astype(np.float32)
    cost = np.zeros((len(rows), len(centres)), dtype=np.float32)
    for down in range(3):
        for right in range(3):
            weight = _OWN if down == right == 1 else 1.0
            cost += weight * np.linalg.norm(padded[rows + down, columns + right, None] - centres, axis=2)
    bordered = np.pad(labels, reach, constant_values=_UNCLEAR)
    around = np.zeros((len(rows), len(centres) + 1), dtype=np.bool_)  # the last column takes the unclear ones
    every = np.arange(len(rows))
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            around[every, bordered[rows + down, columns + right]] = True
    around = around[:, :-1]
    best = np.where(around, cost, np.inf).argmin(axis=1)
    filled = labels.astype(np.int32)
    filled[rows, columns] = best
    lost = ~around.any(axis=1)
    if lost.any():  # far from everything clear
        _, (row, column) = ndimage.distance_transform_edt(unclear, return_indices=True)
        filled[rows[lost], columns[lost]] = labels[row, column][rows[lost], columns[lost]]
    return filled
