"""Finds the places where sides of boxes may be, in the pixels of one hue."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_MOST_PLACES: Final = 26
"""Places of one hue in one direction that are looked at, those of the longest lines."""
_EIGHT: Final = np.ones((3, 3), dtype=bool)

Place = tuple[int, float]
"""A column or row, and the length in pixels of the line that speaks for it."""
Line = tuple[slice, slice, NDArray[np.float32]]
"""Rows and columns of a vertical line, and how much of it is in each column."""


def line_places(
    own: NDArray[np.float32], lit: NDArray[np.float32], widths: tuple[float, float]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Columns where the left or right side of a box may be, and rows where the top or bottom may be, sorted.

    These are the middles of lines, and the places where lines of the other direction end: a side that is covered by
    another box's along its whole length still shows in its neighbours' ends.

    Args:
        own: ``[H, W]``, 0..1, pixels of the hue.
        lit: the same, pixels of any line.
        widths: of horizontal and of vertical lines.
    """
    thickness, width = widths
    upright, lying = _lines(own, lit, thickness), _lines(own.T, lit.T, width)
    columns = _middles(upright, width) + _ends(lying, lit.T, width)
    rows = _middles(lying, thickness) + _ends(upright, lit, thickness)
    return _longest(columns, own.shape[1]), _longest(rows, own.shape[0])


def _longest(places: list[Place], count: int) -> NDArray[np.intp]:
    weights = np.zeros(count, dtype=np.float64)
    for place, weight in places:
        weights[place] += weight
    found = np.flatnonzero(weights)
    if len(found) > _MOST_PLACES:
        found = np.sort(found[np.argsort(-weights[found], kind="stable")][:_MOST_PLACES])
    return found


def _middles(lines: list[Line], width: float) -> list[Place]:
    """The middle column of each vertical line; of a wider patch its edges, and the peaks in between."""
    found: list[Place] = []
    for rows, columns, mass in lines:
        length = 2.0 * (rows.stop - rows.start)  # it says more than an end does
        if len(mass) <= width + 2.5:
            middle = float((mass * np.arange(len(mass))).sum() / mass.sum())
            found.append((columns.start + round(middle), length))
            continue
        inset = int(width / 2)
        padded = np.pad(mass, 1)
        peaks = (padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]) & (mass > 0.5 * mass.max())
        inside = {inset, len(mass) - 1 - inset, *(int(peak) for peak in np.flatnonzero(peaks))}
        found += [(columns.start + place, length) for place in sorted(inside)]
    return found


def _ends(lines: list[Line], lit: NDArray[np.float32], thickness: float) -> list[Place]:
    """The rows where vertical lines end, or rather the middles of horizontal lines that would end with them.

    A line may go on under other lines, so both the ends of its own pixels and those of all lit ones count.
    """
    any_lit = lit > 0.5
    inset = int(thickness / 2)
    found: list[Place] = []
    for rows, columns, mass in lines:
        dark = np.flatnonzero(~any_lit[:, columns.start + int(mass.argmax())])
        above, below = dark[dark < rows.start], dark[dark >= rows.stop]
        first = int(above[-1]) + 1 if len(above) else 0
        last = int(below[0]) - 1 if len(below) else len(any_lit) - 1
        ends = {rows.start + inset, rows.stop - 1 - inset, first + inset, last - inset}
        found += [(end, float(rows.stop - rows.start)) for end in sorted(ends) if 0 <= end < len(any_lit)]
    return found


def _lines(own: NDArray[np.float32], lit: NDArray[np.float32], thickness: float) -> list[Line]:
    """Connected vertical lines in ``own``: their rows, their columns, and how much of them is in each column.

    They are longer than horizontal lines are thick, and bridged where another line crosses.
    """
    shortest = max(3, round(2 * thickness))
    bridge = 2 * round(thickness / 2 + 1.5) + 1
    solid = (own > 0.5).astype(np.uint8)
    closed = _smallest(_largest(solid, bridge), bridge)
    bridged = np.where(lit > 0.5, closed, solid)
    opened = _largest(_smallest(bridged, shortest), shortest, shift=(shortest + 1) % 2)
    labels, _ = ndimage.label(opened, structure=_EIGHT)
    found = []
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        mass = np.where(labels[rows, columns] == label, own[rows, columns], 0).sum(axis=0)
        if mass.sum() > 0:
            found.append((rows, columns, mass))
    return found


def _largest(values: NDArray[np.uint8], length: int, *, shift: int = 0) -> NDArray[np.uint8]:
    """The largest of ``length`` values around each in its column, ``shift`` lower than usual."""
    largest: NDArray[np.uint8] = ndimage.maximum_filter1d(values, length, axis=0, mode="constant", origin=-shift)
    return largest


def _smallest(values: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """The smallest of ``length`` values around each in its column."""
    smallest: NDArray[np.uint8] = ndimage.minimum_filter1d(values, length, axis=0, mode="constant")
    return smallest
