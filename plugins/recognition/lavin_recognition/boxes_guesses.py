"""The rectangles that the lines of one hue can form, and how much of each one's outline is explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_lines import line_places
from lavin_recognition.boxes_lit import Lit, Near, Window
from lavin_recognition.boxes_outlines import Lengths, Map, Outlines, Sides, filled_between, mass_inside, overlaps
from lavin_recognition.boxes_rectangles import lit_rectangles

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

Known = tuple[Sides, bool]
"""The sides of a box found before, and whether it has the same hue."""


class Guesses:
    """Every pair of columns with every pair of rows where one hue has lines, as far as that may be a box.

    Args:
        own: ``[H, W]`` in 0..1, the pixels of the hue.
        near: the same widened.
        free: ``[H, W]``, those that still wait for a box.
        lit: lines of any hue.
        known: boxes found before, which may hide lines of this hue, and which no guess repeats.
    """

    def __init__(self, own: Map, near: Near, free: NDArray[np.bool_], lit: Lit, known: Sequence[Known] = ()) -> None:
        columns, rows = line_places(own, lit.pixels, lit.widths)
        columns = _joined(columns, [side for sides, _ in known for side in sides[:2]])
        rows = _joined(rows, [side for sides, _ in known for side in sides[2:]])
        found = Outlines(lit_rectangles(columns, rows, lit), lit.widths)
        found = found.chosen(_waiting(found, own, near, free, lit))
        for sides, same_hue in known:
            found = found.chosen(~_repeats(found, sides, same_hue=same_hue))
        own_share, other_share = found.sums(near), found.sums(lit.others(near))
        # Whatever turns out to be hidden later on, it won't rank higher than this.
        rank = _rank(found, own_share, other_share, other_share, lit)
        best = np.argsort(-rank, kind="stable")[: min(_MOST_GUESSES, int((rank >= LEAST_RANK).sum()))]
        self._lit, self._near, self._free = lit, near, free.copy()
        self._outlines = found.chosen(best)
        self._own, self._other = own_share[:, best], other_share[:, best]
        self._new = self._outlines.sums(_both(near, free)).sum(axis=0)
        self._hidden = np.zeros((4, len(best)))
        self._open = np.ones(len(best), bool)

    def look_again(self, near: Near, free: NDArray[np.bool_], window: Window) -> None:
        """Weigh the guesses by these pixels of the hue, which differ from those before in ``window`` alone."""
        before, after = _cropped(self._near, window), _cropped(near, window)
        if near is not self._near:
            self._own += self._sums(after, window) - self._sums(before, window)
            self._other += self._sums(self._lit.others(after, window), window)
            self._other -= self._sums(self._lit.others(before, window), window)
        if near is not self._near or (free[window] != self._free[window]).any():
            self._new += self._sums(_both(after, free[window]), window).sum(axis=0)
            self._new -= self._sums(_both(before, self._free[window]), window).sum(axis=0)
        self._near, self._free = near, free.copy()

    def _sums(self, maps: Near, window: Window) -> Lengths:
        return self._outlines.sums(maps, (window[0].start, window[1].start))

    @property
    def any_open(self) -> bool:
        """Whether any guess may still be taken."""
        return bool(self._open.any())

    def best(self) -> tuple[float, int]:
        """The rank (about 1 at most) and the number of the guess to take next; rank 0 if there is none."""
        if not self.any_open:
            return 0.0, -1
        own = self._own.sum(axis=0)
        new = (self._new >= _LEAST_OWN * self._outlines.length) & (self._new > _LEAST_NEW * own)
        rank = _rank(self._outlines, self._own, self._other, np.minimum(self._hidden, self._other), self._lit)
        rank = np.where(new & self._open, rank, 0.0)
        number = int(rank.argmax())
        return float(rank[number]), number

    def sides(self, number: int) -> Sides:
        """Where the lines of a guess are."""
        left, right, top, bottom = (int(side) for side in self._outlines.sides[:, number])
        return left, right, top, bottom

    def close(self, sides: Sides, *, same_hue: bool) -> None:
        """Take no more guess that is nearly a box found at ``sides``.

        That is one whose lines are all beside that one's, or that is of one hue with it and has most of its area.
        """
        self._open &= ~_repeats(self._outlines, sides, same_hue=same_hue)

    def hide(self, outline: NDArray[np.bool_], window: Window, area: float) -> None:
        """A box of this area lies over all larger guesses, with lines at the pixels ``outline`` of ``window``."""
        others = self._lit.others(_cropped(self._near, window), window)
        self._hidden += np.where(self._outlines.area > _ABOUT * area, self._sums(_both(others, outline), window), 0)


def _cropped(near: Near, window: Window) -> Near:
    return near[0][window], near[1][window]


def _both(near: Near, mask: NDArray[np.bool_]) -> Near:
    return near[0] * mask, near[1] * mask


def _rank(outlines: Outlines, own: Lengths, other: Lengths, hidden: Lengths, lit: Lit) -> Lengths:
    """``[N]``, how well outlines are explained by pixels of their own and of other hues, of which some are hidden."""
    length = outlines.length
    weakest = ((own + hidden) / outlines.lengths).min(axis=0)
    explained = (own + _HIDDEN * hidden + _FOREIGN * (other - hidden)).sum(axis=0)
    rank: Lengths = (explained - _SMALLNESS) / length - _WEAKNESS * (1 - weakest / _WEAK_SIDE).clip(0)
    return rank + _LARGENESS * np.log2(length / (2 * sum(lit.pixels.shape)))


def _waiting(outlines: Outlines, own: Map, near: Near, free: NDArray[np.bool_], lit: Lit) -> NDArray[np.intp]:
    """The numbers of those that have enough pixels of the hue, which still wait for a box."""
    shares = outlines.sums(near).sum(axis=0)
    waiting = np.flatnonzero(shares >= _LEAST_OWN * outlines.length)
    few, shares = outlines.chosen(waiting), shares[waiting]
    new = few.sums(_both(near, free)).sum(axis=0)
    kept = (new >= _LEAST_OWN * few.length) & (new > _LEAST_NEW * shares)
    # Stray pixels, looked for within a pixel, can light all of a very small outline.
    kept &= mass_inside(few.sides, own, lit.reach) >= _LEAST_MASS * min(lit.widths) * shares
    left: NDArray[np.intp] = waiting[kept & ~filled_between(few, own)]
    return left


def _repeats(outlines: Outlines, sides: Sides, *, same_hue: bool) -> NDArray[np.bool_]:
    """``[N]``, whether all lines are beside those of a box, or most of its area is that of a box of the same hue."""
    reach = np.array([max(1.5 * width, width + 1) for width in outlines.widths[::-1]]).repeat(2)
    near: NDArray[np.bool_] = (np.abs(outlines.sides - np.array(sides)[:, None]) <= reach[:, None]).all(axis=0)
    return near | (overlaps(outlines.sides, sides) > _REPEAT) if same_hue else near


def _joined(places: NDArray[np.intp], others: Sequence[int]) -> NDArray[np.intp]:
    """Sorted places, with those of ``others`` that aren't among them already, give or take a pixel."""
    further = [place for place in sorted(set(others)) if not len(places) or np.abs(places - place).min() > 1]
    return np.sort(np.concatenate([places, np.array(further, dtype=np.intp)]))
