"""Sums of pixels along the outlines of many rectangles at once. All lengths and places are in pixels."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FILLED: Final = 0.6
"""Share of the middle of a narrow rectangle that is lit if it is but one line."""

Map = NDArray[np.floating]
"""``[H, W]``."""
Lengths = NDArray[np.floating]
Sides = tuple[int, int, int, int]
"""Pixel columns of the left and the right line, pixel rows of the top and the bottom line."""


class Outlines:
    """Rectangles ``[4, N]`` (left, right, top, bottom) of lines with ``widths`` (of horizontal and vertical ones).

    Their corners, where lines of two directions meet, are left out of everything.
    """

    def __init__(self, sides: NDArray[np.intp], widths: tuple[float, float]) -> None:
        self.sides = sides
        self.widths = widths
        left, right, top, bottom = sides
        across, down = without_corners(left, right, widths[1]), without_corners(top, bottom, widths[0])
        self._starts = np.stack([down[0], down[0], across[0], across[0]])
        self._stops = np.stack([down[1], down[1], across[1], across[1]])

    def __len__(self) -> int:
        return int(self.sides.shape[1])

    def chosen(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Outlines:
        """Those with these numbers, or where the mask is true."""
        return Outlines(self.sides[:, which], self.widths)

    @functools.cached_property
    def lengths(self) -> Lengths:
        """``[4, N]``, of the sides."""
        lengths: Lengths = (self._stops - self._starts).astype(np.float64)
        return lengths

    @functools.cached_property
    def length(self) -> Lengths:
        """``[N]``, of the outlines."""
        total: Lengths = self.lengths.sum(axis=0)
        return total

    @functools.cached_property
    def area(self) -> Lengths:
        """``[N]``, lines included."""
        left, right, top, bottom = self.sides
        area: Lengths = (right - left + 1.0) * (bottom - top + 1.0)
        return area

    def sums(self, maps: Sequence[Map], corner: tuple[int, int] = (0, 0)) -> Lengths:
        """``[4, N]``, sums along the sides: of the first map along vertical ones, of the second along others.

        The maps may be a part of the picture, with its first row and column at ``corner``: then of that part.
        """
        height, width = maps[0].shape
        # The last column and the last row hold nothing, for lines elsewhere.
        down, along = (np.zeros((height + 1, width + 1), np.float32) for _ in range(2))
        np.cumsum(maps[0], axis=0, out=down[1:, :-1])
        np.cumsum(maps[1], axis=1, out=along[:-1, 1:])
        left, right = (_within(side - corner[1], width) for side in self.sides[:2])
        top, bottom = (_within(side - corner[0], height) for side in self.sides[2:])
        limits = np.array([height, height, width, width])[:, None]
        first = np.array(corner).repeat(2)[:, None]
        start, stop = (ends - first for ends in (self._starts, self._stops))
        start, stop = np.clip(start, 0, limits), np.clip(stop, 0, limits)
        return np.stack(
            [
                down[stop[0], left] - down[start[0], left],
                down[stop[1], right] - down[start[1], right],
                along[top, stop[2]] - along[top, start[2]],
                along[bottom, stop[3]] - along[bottom, start[3]],
            ]
        )


def _within(places: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Places, and ``count`` for those that aren't among the ``count`` ones there are."""
    return np.where((places >= 0) & (places < count), places, count)


def without_corners(
    first: NDArray[np.intp], second: NDArray[np.intp], width: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where sides between two lines of ``width`` begin and end: lines of two directions meet at their corners."""
    inset = np.minimum(int(width) + 1, (second - first) // 3)
    return first + inset, second - inset + 1


def running(values: Map, axis: int) -> Map:
    """Running sums that start with 0: one longer than ``values`` along ``axis``."""
    shape = list(values.shape)
    shape[axis] += 1
    sums = np.zeros(shape, np.float32)
    np.cumsum(values, axis=axis, out=sums[1:] if axis == 0 else sums[:, 1:])
    return sums


def overlaps(sides: NDArray[np.intp], other: Sides) -> NDArray[np.float64]:
    """``[N]``, intersection over union with one rectangle, lines included."""
    left, right, top, bottom = sides
    wide = np.minimum(right, other[1]) - np.maximum(left, other[0]) + 1.0
    high = np.minimum(bottom, other[3]) - np.maximum(top, other[2]) + 1.0
    both = wide.clip(0) * high.clip(0)
    area = (right - left + 1.0) * (bottom - top + 1.0)
    other_area = (other[1] - other[0] + 1.0) * (other[3] - other[2] + 1.0)
    share: NDArray[np.float64] = both / (area + other_area - both)
    return share


def mass_inside(sides: NDArray[np.intp], values: Map, reach: tuple[int, int]) -> Lengths:
    """``[N]``, sum of ``values`` inside the rectangles, which are taken ``reach`` (rows, columns) larger."""
    left, right, top, bottom = sides
    sums = running(running(values, 0), 1)
    above, before = np.maximum(top - reach[0], 0), np.maximum(left - reach[1], 0)
    below = np.minimum(bottom + reach[0] + 1, values.shape[0])
    beyond = np.minimum(right + reach[1] + 1, values.shape[1])
    mass: Lengths = sums[below, beyond] - sums[above, beyond] - sums[below, before] + sums[above, before]
    return mass


def filled_between(outlines: Outlines, values: Map) -> NDArray[np.bool_]:
    """``[N]``, whether a narrow rectangle is but one line, its two long sides being the line's two flanks."""
    thickness, width = outlines.widths
    left, right, top, bottom = outlines.sides
    down, along = running(values, 0), running(values, 1)
    wide, high = right - left, bottom - top
    column, row = (left + right) // 2, (top + bottom) // 2
    rows = down[bottom, column] - down[top + 1, column]
    columns = along[row, right] - along[row, left + 1]
    upright = (wide < 4 * width + 2) & (high >= 2 * wide) & (rows > _FILLED * (high - 1))
    lying = (high < 4 * thickness + 2) & (wide >= 2 * high) & (columns > _FILLED * (wide - 1))
    filled: NDArray[np.bool_] = upright | lying
    return filled
