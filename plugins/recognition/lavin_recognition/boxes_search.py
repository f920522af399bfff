"""Finds the rectangles in a picture of outlines: of all that may be, the best explained one after the other."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_drawing import outline_cover
from lavin_recognition.boxes_found import Found
from lavin_recognition.boxes_guesses import LEAST_RANK, Guesses
from lavin_recognition.boxes_hues import Layer, lit_from_cover
from lavin_recognition.boxes_outlines import Sides
from lavin_recognition.boxes_refinement import refine

_MOST_BOXES: Final = 100
"""COCO counts no more in a picture."""
_SURE: Final = 0.85
"""Rank of a box whose lines are all there."""
_LEFT_OVER: Final = 2.0
"""Pixels of a layer on no line found so far, from which on it is looked at again."""
_ROUNDS: Final = 24
"""How often what is left over is looked at again."""
_UNEXPLAINED: Final = np.float32(0.7)
"""What a lit pixel on no line found so far counts, whatever its hue: JPEG mixes the hues of lines that touch."""
_MINE: Final = 0.3
"""A pixel near a line that is found belongs to it, and to no other hue, if it is this sure to have its hue."""
_SPARE: Final = 0.5
"""Pixels by which lines found are taken thicker, as their places aren't exact."""

Map = NDArray[np.float32]


class Search:
    """The boxes whose lines are in ``layers``, in ``found``, best explained first.

    A box is explained by pixels of its own colour, and by those of smaller boxes found before: they are drawn on top.
    Once it is found its pixels speak for no other one. First the clear cases are taken; then, one by one, those whose
    sides are hidden under other boxes' sides or have lost their colours to them.

    Args:
        picture: ``uint8 [H, W, 3]``.
        layers: the picture by hue.
        lit: ``[H, W]``, 0..1, pixels of any line.
        widths: of horizontal and of vertical lines.
    """

    def __init__(self, picture: NDArray[np.uint8], layers: list[Layer], lit: Map, widths: tuple[float, float]) -> None:
        self.found: list[Found] = []
        self._picture, self._layers, self._lit, self._widths = picture, layers, lit, widths
        self._free = [np.ones(lit.shape, bool) for _ in layers]
        self._guesses = {index: Guesses(layer, lit, widths) for index, layer in enumerate(layers)}
        self._take(_SURE, _MOST_BOXES)
        for _ in range(_ROUNDS):
            self._guess_again()
            if not self._take(LEAST_RANK, 1):
                break

    def _take(self, least_rank: float, most: int) -> int:
        """Take one box after the other as long as there is one of this rank; how many were taken."""
        best = {index: guesses.best() for index, guesses in self._guesses.items()}
        taken = 0
        while best and taken < most and len(self.found) < _MOST_BOXES:
            index = max(best, key=lambda place: best[place][0])
            rank, number = best[index]
            if rank < least_rank:
                break
            sides = self._guesses[index].sides(number)
            layer = self._layers[index]
            edges = refine(self._picture, layer.own, sides, self._widths)
            one = Found(layer, sides, edges)
            self._claim(one)
            self.found.append(one)
            taken += 1
            best = {other: guesses.best() for other, guesses in self._guesses.items()}
        return taken

    def _guess_again(self) -> None:
        """Guess anew where pixels are left over, now knowing where lines have been found."""
        thick = (self._widths[0] + _SPARE, self._widths[1] + _SPARE)
        cover = np.zeros(self._lit.shape)
        for one in self.found:
            left, top, right, bottom = one.edges
            spare = _SPARE / 2
            wide = (left - spare, top - spare, right + spare, bottom + spare)
            np.maximum(cover, outline_cover(wide, self._lit.shape, thick), out=cover)
        unexplained = (self._lit - lit_from_cover(cover)).clip(0)
        any_hue = _UNEXPLAINED * unexplained
        known = [one.sides for one in self.found]
        self._guesses = {
            index: Guesses(Layer(layer.angle, np.maximum(layer.own, any_hue)), self._lit, self._widths, known)
            for index, layer in enumerate(self._layers)
            if float((layer.own * unexplained * self._free[index]).sum()) >= _LEFT_OVER
        }
        for one in self.found:
            self._claim(one)

    def _claim(self, one: Found) -> None:
        left, right, top, bottom = one.sides
        outline = _near_lines(self._lit.shape, one.sides, self._widths)
        for index, guesses in self._guesses.items():
            guesses.close(one.sides, same_hue=self._layers[index].is_like(one.layer))
            guesses.hide(outline, (right - left + 1.0) * (bottom - top + 1.0))
            if self._layers[index].may_share(one.layer):
                mine = (one.layer.own >= self._layers[index].own) | (one.layer.own > _MINE)
                self._free[index] &= ~(outline & mine)
                guesses.claim(self._free[index])


def _near_lines(shape: tuple[int, ...], sides: Sides, widths: tuple[float, float]) -> NDArray[np.bool_]:
    left, right, top, bottom = sides
    across, down = (max(1, round(width / 2)) + 1 for width in widths)
    mask = np.zeros(shape, bool)
    rows = slice(max(0, top - across), bottom + across + 1)
    columns = slice(max(0, left - down), right + down + 1)
    for column in (left, right):
        mask[rows, max(0, column - down) : column + down + 1] = True
    for row in (top, bottom):
        mask[max(0, row - across) : row + across + 1, columns] = True
    return mask
