"""All rectangles that the lines of one hue can form, and how much of each one's outline is explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.boxes_hues import Layer
from lavin_recognition.boxes_lines import side_places
from lavin_recognition.boxes_outlines import Lengths, Map, Outlines, Sides, filled_between, mass_inside, overlaps

LEAST_RANK: Final = 0.5
"""Of anything that is taken for a box."""
_LEAST_OWN: Final = 0.12
"""Share of a box's outline that has its own colour and no other box's."""
_LEAST_NEW: Final = 0.5
"""Share of its own pixels that no box found before it has."""
_HIDDEN: Final = 0.85
"""What a pixel that is known to be hidden under a smaller box counts, where one of its own colour counts 1."""
_FOREIGN: Final = 0.5
"""What a lit pixel of another colour counts as long as it isn't known to be of a smaller box, drawn on top."""
_SMALLNESS: Final = 3.0
"""Pixels taken off every outline, so that of two equally well lit boxes the larger is taken."""
_LARGENESS: Final = 0.01
"""How much more an outline counts than one half as long: parts of a box can be lit as well as all of it."""
_WEAK_SIDE: Final = 0.4
_WEAKNESS: Final = 0.3
"""A side of which less than the first is its own or hidden costs up to the second: a box has four sides."""
_LEAST_MASS: Final = 0.6
"""Pixels of the hue for each pixel of outline, in widths of a line."""
_ABOUT: Final = 0.9
"""Areas aren't known better than to this factor."""
_REPEAT: Final = 0.6
"""Two boxes of one hue that have more in common (IoU) are one."""
_MOST_GUESSES: Final = 2000
"""Guesses kept of a layer, the best lit ones; a drawing gives some tens, a photo any number."""


class Guesses:
    """Every pair of columns with every pair of rows where the layer has lines.

    Args:
        layer: the pixels of one hue.
        lit: ``[H, W]`` in 0..1, the pixels of any line.
        widths: of horizontal and of vertical lines, in pixels.
        known: sides of boxes found before, which may hide lines of this layer.
    """

    def __init__(self, layer: Layer, lit: Map, widths: tuple[float, float], known: Sequence[Sides] = ()) -> None:
        # A line may lie a pixel off the place that was guessed.
        reach = (max(1, round(widths[0] / 2)), max(1, round(widths[1] / 2)))
        own = _widened(layer.own, reach)
        others = [(near - mine).clip(0) for near, mine in zip(_widened(lit, reach), own, strict=True)]
        everything = Outlines(_rectangles(layer, lit, widths, known), widths)
        lit_own, lit_other = everything.sums(own), everything.sums(others)
        kept = _possible(everything, layer.own, lit_own.sum(axis=0), lit_other.sum(axis=0), reach)
        self._outlines = Outlines(everything.sides[:, kept], widths)
        self._lit_own, self._lit_other = lit_own[:, kept], lit_other[:, kept]
        self._pixels = self._outlines.pixels(lit.shape)
        self._own, self._others = self._pixels.values(own), self._pixels.values(others)
        self._new = self._lit_own.sum(axis=0)
        self._hidden = np.zeros_like(self._lit_own)
        self._open = np.ones(len(self._outlines), bool)

    def best(self) -> tuple[float, int]:
        """The rank (about 1 at most) and the number of the guess to take next; rank 0 if there is none."""
        if not len(self._outlines):
            return 0.0, -1
        length = self._outlines.length
        hidden = np.minimum(self._hidden, self._lit_other)
        weakest = ((self._lit_own + hidden) / self._outlines.lengths).min(axis=0)
        explained = self._lit_own + _HIDDEN * hidden + _FOREIGN * (self._lit_other - hidden)
        rank = (explained.sum(axis=0) - _SMALLNESS) / length - _WEAKNESS * (1 - weakest / _WEAK_SIDE).clip(0)
        rank += _LARGENESS * np.log2(length / length.max())
        new = (self._new >= _LEAST_OWN * length) & (self._new > _LEAST_NEW * self._lit_own.sum(axis=0))
        rank = np.where(new & self._open, rank, 0.0)
        number = int(rank.argmax())
        return float(rank[number]), number

    def sides(self, number: int) -> Sides:
        """Where the lines of a guess are."""
        left, right, top, bottom = (int(side) for side in self._outlines.sides[:, number])
        return left, right, top, bottom

    def support(self, number: int) -> float:
        """Share of the outline that is lit in its own colour, or hidden under smaller boxes."""
        hidden = np.minimum(self._hidden[:, number], self._lit_other[:, number])
        return float(min(1.0, (self._lit_own[:, number] + hidden).sum() / self._outlines.length[number]))

    def close(self, sides: Sides, *, same_hue: bool) -> None:
        """Take no more guess that is nearly a box found at ``sides``.

        That is one whose lines are all beside that one's, or that is of one hue with it and has most of its area.
        """
        own = self._outlines.sides
        reach = np.array([max(1.5 * width, width + 1) for width in self._outlines.widths[::-1]]).repeat(2)
        near = (np.abs(own - np.array(sides)[:, None]) <= reach[:, None]).all(axis=0)
        if same_hue:
            near |= overlaps(own, sides) > _REPEAT
        self._open &= ~near

    def hide(self, outline: NDArray[np.bool_], area: float) -> None:
        """A box of this area lies over all larger guesses, with lines at the pixels ``outline``."""
        if len(self._outlines):
            covered = self._pixels.sums(self._others * self._pixels.under(outline))
            self._hidden += np.where(self._outlines.area > _ABOUT * area, covered, 0)

    def claim(self, free: NDArray[np.bool_]) -> None:
        """Only the pixels of the layer in ``free`` still wait for a box."""
        if len(self._outlines):
            self._new = self._pixels.sums(self._own * self._pixels.under(free)).sum(axis=0)


def _rectangles(layer: Layer, lit: Map, widths: tuple[float, float], known: Sequence[Sides]) -> NDArray[np.intp]:
    """``[4, N]``, all that lines of the layer can form."""
    thickness, width = widths
    columns = side_places(layer.own, lit, width=width, thickness=thickness)
    rows = side_places(layer.own.T, lit.T, width=thickness, thickness=width)
    columns = _joined(columns, [side for sides in known for side in sides[:2]])
    rows = _joined(rows, [side for sides in known for side in sides[2:]])
    left, right = _pairs(columns, width)
    top, bottom = _pairs(rows, thickness)
    return np.concatenate([np.repeat([left, right], len(top), axis=1), np.tile([top, bottom], len(left))])


def _joined(places: NDArray[np.intp], others: Sequence[int]) -> NDArray[np.intp]:
    """Sorted places, with those of ``others`` that aren't among them already, give or take a pixel."""
    further = [place for place in sorted(set(others)) if not len(places) or np.abs(places - place).min() > 1]
    return np.sort(np.concatenate([places, np.array(further, dtype=np.intp)]))


def _pairs(places: NDArray[np.intp], width: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of sorted places that can be the two lines of a box."""
    first, second = np.triu_indices(len(places), 1)
    apart = places[second] - places[first] >= max(3, round(2.5 * width))
    return places[first][apart], places[second][apart]


def _possible(
    outlines: Outlines, own: Map, lit_own: Lengths, lit_other: Lengths, reach: tuple[int, int]
) -> NDArray[np.intp]:
    """The numbers of those that may turn out to be boxes, whatever others are found."""
    lit = lit_own + lit_other
    possible = (lit >= LEAST_RANK * outlines.length) & (lit_own >= _LEAST_OWN * outlines.length)
    # Stray pixels, looked for within a pixel, can light all of a very small outline.
    possible &= mass_inside(outlines.sides, own, reach) >= _LEAST_MASS * min(outlines.widths) * lit_own
    numbers = np.flatnonzero(possible & ~filled_between(outlines, own))
    if len(numbers) > _MOST_GUESSES:
        numbers = numbers[np.argsort(-(lit / outlines.length)[numbers], kind="stable")][:_MOST_GUESSES]
    return numbers


def _widened(values: Map, reach: tuple[int, int]) -> list[Map]:
    """The largest value within ``reach[1]`` columns, for vertical lines, and within ``reach[0]`` rows, for others."""
    return [
        ndimage.maximum_filter1d(values, 2 * reach[1] + 1, axis=1, mode="constant"),
        ndimage.maximum_filter1d(values, 2 * reach[0] + 1, axis=0, mode="constant"),
    ]
