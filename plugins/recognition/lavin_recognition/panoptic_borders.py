"""The black lines between segments: where they are drawn, and how they are filled in again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def border_width(height: int, width: int) -> int:
    """Pixels: 1 in a picture of 256 pixels (its shorter side), 2 at 512, never less than 1."""
    return max(1, round(min(height, width) / 256))


def borders(segments: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    """Where ``[H, W]`` is drawn black although it is labelled: within ``width`` pixels of a smaller segment.

    The larger one of two neighbours gives the pixels, so that thin and small segments keep theirs.
    """
    order = by_area(segments)
    lowest = _lowest_nearby(order, disc(width))
    drawn: NDArray[np.bool_] = (lowest > 0) & (lowest < order)
    return drawn


def fill(labels: NDArray[np.int32], empty: NDArray[np.bool_], width: int) -> NDArray[np.int32]:
    """Give ``empty`` pixels of ``labels`` ``[H, W]`` (0 there) to the larger of the segments within ``width`` pixels.

    That undoes `borders`; wider gaps are closed step by step. What no segment reaches stays 0.
    """
    filled = labels
    for _ in range(2):  # the first time the areas still lack their borders
        order = by_area(filled)
        names = np.zeros(int(order.max()) + 1, dtype=np.int32)
        names[order] = filled
        filled = names[_fill(np.where(empty, 0, order), empty, width)]
    return filled


def _fill(order: NDArray[np.int32], empty: NDArray[np.bool_], width: int) -> NDArray[np.int32]:
    square = np.ones((2 * width + 1, 2 * width + 1), dtype=bool)
    filled, left = order.copy(), empty.copy()
    while left.any():
        owner = ndimage.maximum_filter(filled, footprint=disc(width), mode="nearest")
        # A border has a smaller segment beside it. Where there is none, the larger one lies around a corner.
        around = ndimage.maximum_filter(filled, footprint=square, mode="nearest")
        owner = np.where(owner > _lowest_nearby(filled, square), owner, around)
        reached = left & (owner > 0)
        if not reached.any():
            break
        filled[reached] = owner[reached]
        left &= ~reached
    return filled


def disc(radius: int) -> NDArray[np.bool_]:
    """Pixels no farther than ``radius`` from the middle one: for 1 its four neighbours."""
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    inside: NDArray[np.bool_] = np.hypot(rows, columns) <= radius
    return inside


def by_area(segments: NDArray[np.int32]) -> NDArray[np.int32]:
    """For each pixel of ``[H, W]`` the place of its segment by area: 1 for the smallest, 0 where there is none."""
    names, inverse, areas = np.unique(segments, return_inverse=True, return_counts=True)
    labelled = names != 0
    rank = np.zeros(len(names), dtype=np.int32)
    rank[np.flatnonzero(labelled)[np.argsort(areas[labelled], kind="stable")]] = np.arange(1, labelled.sum() + 1)
    ranks: NDArray[np.int32] = rank[inverse].reshape(segments.shape)
    return ranks


def _lowest_nearby(order: NDArray[np.int32], footprint: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The lowest place nearby, of those above 0; 0 where there is none."""
    none = np.iinfo(np.int32).max
    lowest: NDArray[np.int32] = ndimage.minimum_filter(
        np.where(order > 0, order, none), footprint=footprint, mode="nearest"
    )
    return np.where(lowest == none, 0, lowest)
