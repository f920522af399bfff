"""Finds the rectangles in a picture of outlines: of all that may be, the best explained one after the other."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_drawing import outline_cover
from lavin_recognition.boxes_found import Found
from lavin_recognition.boxes_guesses import LEAST_RANK, Guesses
from lavin_recognition.boxes_hues import Layer, lit_from_cover
from lavin_recognition.boxes_lit import Lit, Near, Window
from lavin_recognition.boxes_outlines import Map, Sides
from lavin_recognition.boxes_refinement import refine

_MOST_BOXES: Final = 100
"""COCO counts no more in a picture."""
_SURE: Final = 0.85
"""Rank of a box whose lines are all there."""
_LEFT_OVER: Final = 2.0
"""Pixels of a layer on no line found so far, from which on it is looked at again."""
_ROUNDS: Final = 24
"""How often guesses are made anew."""
_UNEXPLAINED: Final = np.float32(0.7)
"""What a lit pixel on no line found so far counts, whatever its hue: JPEG mixes the hues of lines that touch."""
_MINE: Final = 0.3
"""A pixel near a line that is found belongs to it, and to no other hue, if it is this sure to have its hue."""
_SPARE: Final = 0.5
"""Pixels by which lines found are taken thicker, as their places aren't exact."""


class Search:
    """The boxes whose lines are in ``layers``, in ``found``, best explained first.

    A box is explained by pixels of its own colour, and by those of smaller boxes found before: they are drawn on top.
    Once it is found its pixels speak for no other one. First the clear cases are taken; then, one by one, those whose
    sides are hidden under other boxes' sides or have lost their colours to them. These are guessed knowing the lines
    found before, and anew when no guess is left.

    Args:
        picture: ``uint8 [H, W, 3]``.
        layers: the picture by hue.
        lit: ``[H, W]``, 0..1, pixels of any line.
        widths: of horizontal and of vertical lines.
    """

    def __init__(self, picture: NDArray[np.uint8], layers: list[Layer], lit: Map, widths: tuple[float, float]) -> None:
        self.found: list[Found] = []
        self._picture, self._layers, self._lit = picture, layers, Lit(lit, widths)
        self._near = [self._lit.widened(layer.own) for layer in layers]
        self._free = [np.ones(lit.shape, bool) for _ in layers]
        self._cover: Map = np.zeros(lit.shape)
        self._guesses = {
            index: Guesses(layer.own, self._near[index], self._free[index], self._lit)
            for index, layer in enumerate(layers)
        }
        while (one := self._take(_SURE)) is not None:
            self._look_again(one, self._near)
        for _ in range(_ROUNDS):
            before = len(self.found)
            self._guess_again()
            while (one := self._take(LEAST_RANK)) is not None:
                self._look_again(one, self._with_any_hue())
            if len(self.found) == before:
                break

    def _take(self, least_rank: float) -> Found | None:
        """Take the best explained box, if it has this rank."""
        best = {index: guesses.best() for index, guesses in self._guesses.items()}
        index = max(best, key=lambda place: best[place][0], default=None)
        if index is None or best[index][0] < least_rank or len(self.found) >= _MOST_BOXES:
            return None
        sides = self._guesses[index].sides(best[index][1])
        layer = self._layers[index]
        one = Found(layer, sides, refine(self._picture, layer.own, sides, self._lit.widths))
        self.found.append(one)
        self._claim(one)
        return one

    def _claim(self, one: Found) -> None:
        """Its pixels wait for no other box of a hue that may share them."""
        window, outline = self._near_lines(one.sides)
        for layer, free in zip(self._layers, self._free, strict=True):
            if layer.may_share(one.layer):
                its, own = one.layer.own[window], layer.own[window]
                free[window] &= ~(outline & ((its >= own) | (its > _MINE)))
        left, top, right, bottom = one.edges
        spare = _SPARE / 2
        wide = (left - spare, top - spare, right + spare, bottom + spare)
        thick = (self._lit.widths[0] + _SPARE, self._lit.widths[1] + _SPARE)
        np.maximum(self._cover, outline_cover(wide, self._lit.pixels.shape, thick), out=self._cover)

    def _look_again(self, one: Found, near: list[Near]) -> None:
        """Weigh all guesses anew, now that one of them is found."""
        window, outline = self._near_lines(one.sides)
        for index, guesses in self._guesses.items():
            guesses.close(one.sides, same_hue=self._layers[index].is_like(one.layer))
            if guesses.any_open:
                guesses.look_again(near[index], self._free[index], window)
                guesses.hide(outline, window, _area(one.sides))

    def _guess_again(self) -> None:
        """Guess anew where pixels are left over, now knowing where lines have been found."""
        unexplained, near = self._unexplained(), self._with_any_hue()
        self._guesses = {
            index: Guesses(
                np.maximum(layer.own, _UNEXPLAINED * unexplained),
                near[index],
                self._free[index],
                self._lit,
                [(one.sides, layer.is_like(one.layer)) for one in self.found],
            )
            for index, layer in enumerate(self._layers)
            if float((layer.own * unexplained * self._free[index]).sum()) >= _LEFT_OVER
        }
        for one in self.found:
            window, outline = self._near_lines(one.sides)
            for guesses in self._guesses.values():
                guesses.hide(outline, window, _area(one.sides))

    def _unexplained(self) -> Map:
        """``[H, W]``, lit pixels on no line found so far."""
        unexplained: Map = (self._lit.pixels - lit_from_cover(self._cover)).clip(0)
        return unexplained

    def _with_any_hue(self) -> list[Near]:
        """The pixels of each layer, and those that may be of any, widened."""
        upright, lying = self._lit.widened(_UNEXPLAINED * self._unexplained())
        return [(np.maximum(near[0], upright), np.maximum(near[1], lying)) for near in self._near]

    def _near_lines(self, sides: Sides) -> tuple[Window, NDArray[np.bool_]]:
        """The part of the picture with the box at ``sides``, and a mask of what is near its lines there."""
        left, right, top, bottom = sides
        across, down = (max(1, round(width / 2)) + 1 for width in self._lit.widths)
        height, width = self._lit.pixels.shape
        # Some more than the lines, for what is changed by them when pixels are widened.
        margin = 2 * max(across, down) + 2
        window = (
            slice(max(0, top - margin), min(height, bottom + margin + 1)),
            slice(max(0, left - margin), min(width, right + margin + 1)),
        )
        rows, columns = (np.arange(part.start, part.stop) for part in window)
        inside = np.outer(
            (rows >= top - across) & (rows <= bottom + across), (columns >= left - down) & (columns <= right + down)
        )
        on_rows = np.minimum(np.abs(rows - top), np.abs(rows - bottom)) <= across
        on_columns = np.minimum(np.abs(columns - left), np.abs(columns - right)) <= down
        return window, inside & (on_rows[:, None] | on_columns)


def _area(sides: Sides) -> float:
    left, right, top, bottom = sides
    return (right - left + 1.0) * (bottom - top + 1.0)
