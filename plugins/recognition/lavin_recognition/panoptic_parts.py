"""Parts of segments in a picture of solid colours with black borders, as a model or a JPEG file leaves it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from lavin_recognition.panoptic_colors import DARKEST_LUMA, split_chroma

BLACK = DARKEST_LUMA / 2
"""Luma below which nothing is drawn."""
_VALLEY = 0.25
"""A line is a border, black or not, where it is darker than both its sides by this share."""
_FLAT = 50.0
"""Levels by which the channels differ at most within a flat neighbourhood."""
_SMALLEST_SHARE = 1e-4
_SMALLEST = 4
"""A part of fewer pixels, or of a smaller share of the picture (7 pixels at 256), is a speck."""
_LUMA_STEP = 30.0
_CHROMA_STEP = 60.0
_CORNER_LUMA_STEP = 10.0
"""How much luma and chroma change at most along a thin segment from a pixel to the next, or across a corner."""


def find_lit(luma: NDArray[np.float64], line: int) -> NDArray[np.bool_]:
    """Where ``[H, W]`` is neither black nor a border, which may have faded to a mere valley; ``line`` is its width."""
    near, far = (ndimage.grey_closing(luma, size=(size, size)) for size in (line + 2, 2 * line + 3))
    # The smaller window spares a thin segment between two brighter ones: its own borders are darker still.
    valley = (far - luma > _VALLEY * far) & (near - luma > _VALLEY / 4 * near)
    lit: NDArray[np.bool_] = ~((luma < BLACK) | valley)
    return lit


def find_parts(color: NDArray[np.float64], lit: NDArray[np.bool_], line: int) -> tuple[NDArray[np.int32], int]:
    """Number the parts of segments, from 1; 0 elsewhere.

    A core is a connected flat area: it lies ``line`` pixels inside its segment. A thin part is what borders enclose
    without any core: lines a few pixels wide.

    Args:
        color: ``[H, W, 3]``.
        lit: ``[H, W]``, of `find_lit`.
        line: width of borders in pixels.

    Returns the parts ``int32 [H, W]`` and how many of them, the first ones, are cores.
    """
    smallest = max(_SMALLEST, _SMALLEST_SHARE * lit.size)
    channels = np.moveaxis(color, 2, 0)
    size = 2 * line + 1
    spread = [ndimage.maximum_filter(channel, size) - ndimage.minimum_filter(channel, size) for channel in channels]
    cores, count = ndimage.label(lit & (np.max(spread, axis=0) < _FLAT))
    _drop_specks(cores, smallest)
    enclosed, _ = ndimage.label(lit)
    has_core = np.bincount(enclosed.ravel(), weights=(cores > 0).ravel()) > 0
    thin = _linked(color, lit & ~has_core[enclosed])
    _drop_specks(thin, smallest)
    parts: NDArray[np.int32] = np.where(thin > 0, thin + count, cores).astype(np.int32)
    return parts, int(count)


def depth_inside(parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """How many pixels it is from each pixel of ``[H, W]`` to another part (chessboard distance)."""
    same = ndimage.minimum_filter(parts, 3, mode="nearest") == ndimage.maximum_filter(parts, 3, mode="nearest")
    if same.all():
        return np.full(parts.shape, max(parts.shape), dtype=np.int32)
    inner: NDArray[np.int32] = ndimage.distance_transform_cdt(same, metric="chessboard")
    return inner + 1


def _drop_specks(labels: NDArray[np.int32], smallest: float) -> None:
    labels[np.bincount(labels.ravel())[labels] < smallest] = 0


def _linked(color: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Pixels of ``mask`` that touch and look alike; a line one pixel wide touches itself at corners only.

    Chroma may drift along a thin line, where JPEG and models mix it with what is beside.
    """
    luma, chroma = split_chroma(color)
    number = np.cumsum(mask).reshape(mask.shape) - 1
    ends: list[NDArray[np.int64]] = []
    for first, second, luma_step in (
        (np.s_[:, :-1], np.s_[:, 1:], _LUMA_STEP),
        (np.s_[:-1], np.s_[1:], _LUMA_STEP),
        (np.s_[:-1, :-1], np.s_[1:, 1:], _CORNER_LUMA_STEP),
        (np.s_[:-1, 1:], np.s_[1:, :-1], _CORNER_LUMA_STEP),
    ):
        alike = mask[first] & mask[second] & (np.abs(luma[first] - luma[second]) < luma_step)
        alike[alike] = np.linalg.norm(chroma[first][alike] - chroma[second][alike], axis=1) < _CHROMA_STEP
        ends.append(np.stack([number[first][alike], number[second][alike]]))
    rows, columns = np.concatenate(ends, axis=1)
    count = int(np.count_nonzero(mask))
    graph = sparse.coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(count, count))
    linked = np.zeros(mask.shape, dtype=np.int32)
    linked[mask] = connected_components(graph, directed=False)[1] + 1
    return linked
