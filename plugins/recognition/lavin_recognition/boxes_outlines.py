"""Sums of pixels along the outlines of many rectangles at once. All lengths and places are in pixels."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
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
        inset_x = np.minimum(int(widths[1]) + 1, (right - left) // 3)
        inset_y = np.minimum(int(widths[0]) + 1, (bottom - top) // 3)
        self._starts = np.stack([top + inset_y, top + inset_y, left + inset_x, left + inset_x])
        self._stops = np.stack([bottom - inset_y, bottom - inset_y, right - inset_x, right - inset_x]) + 1

    def __len__(self) -> int:
        return int(self.sides.shape[1])

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

    def sums(self, maps: Sequence[Map]) -> Lengths:
        """``[4, N]``, sums along the sides: of the first map along vertical ones, of the second along others."""
        down, along = running(maps[0], 0), running(maps[1], 1)
        left, right, top, bottom = self.sides
        start, stop = self._starts, self._stops
        return np.stack(
            [
                down[stop[0], left] - down[start[0], left],
                down[stop[1], right] - down[start[1], right],
                along[top, stop[2]] - along[top, start[2]],
                along[bottom, stop[3]] - along[bottom, start[3]],
            ]
        )

    def pixels(self, shape: tuple[int, ...]) -> OutlinePixels:
        """The pixels of all outlines in pictures of this (height, width)."""
        width = shape[1]
        left, right, top, bottom = self.sides
        starts, stops = self._starts, self._stops
        first = np.stack(
            [starts[0] * width + left, starts[1] * width + right, top * width + starts[2], bottom * width + starts[3]]
        )
        steps = np.repeat([width, 1], 2 * len(self))
        counts = (stops - starts).ravel()
        offsets = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(offsets, counts)
        places = np.repeat(first.ravel(), counts) + np.repeat(steps, counts) * within
        upright = int(counts[: 2 * len(self)].sum())
        return OutlinePixels(places, offsets, upright)


@dataclass(frozen=True, slots=True)
class OutlinePixels:
    """Pixels of outlines, one side after the other.

    Attributes:
        places: in the flattened picture.
        offsets: where in ``places`` each side starts: left ones, right ones, top ones, bottom ones.
        upright: how many of the places belong to vertical sides.
    """

    places: NDArray[np.intp]
    offsets: NDArray[np.intp]
    upright: int

    def values(self, maps: Sequence[Map]) -> Lengths:
        """Of the first map at vertical sides, of the second at horizontal ones."""
        vertical, horizontal = (values.ravel() for values in maps)
        return np.concatenate([vertical[self.places[: self.upright]], horizontal[self.places[self.upright :]]])

    def under(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each pixel is in ``mask``."""
        return mask.ravel()[self.places]

    def sums(self, values: Lengths) -> Lengths:
        """``[4, N]``, sums of the pixels' values along the sides."""
        return np.add.reduceat(values, self.offsets).reshape(4, -1)


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
