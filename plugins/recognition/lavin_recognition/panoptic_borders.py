"""The black lines between segments: where they are drawn, and how they are filled in again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_NONE = np.iinfo(np.int32).max


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
    """`fill` for places by area instead of ids."""
    # A margin that no step leaves makes a step a difference of flat indices.
    margin = np.pad(order, width)
    filled = margin.ravel()
    left = np.flatnonzero(np.pad(empty, width))
    around = np.argwhere(np.ones((2 * width + 1, 2 * width + 1))) - width
    steps = around @ np.array([margin.shape[1], 1])
    near = np.hypot(*around.T) <= width
    while len(left):
        seen = filled[left[:, None] + steps]
        highest, lowest = seen.max(axis=1), np.where(seen > 0, seen, _NONE).min(axis=1)
        beside = np.where(near, seen, 0).max(axis=1)
        # A border has a smaller segment beside it. Where there is none, the larger one lies around a corner.
        owner = np.where(beside > lowest, beside, highest)
        # A gap between parts of one thin segment is filled from its end, by what it opens to.
        reached = highest > lowest
        if not reached.any():
            reached = highest > 0
        if not reached.any():
            break
        filled[left[reached]] = owner[reached]
        left = left[~reached]
    return margin[width:-width, width:-width]


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
