"""Finds the rectangles in a picture of outlines: of all that may be, the best explained one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_colors import hue_distance
from lavin_recognition.boxes_guesses import LEAST_RANK, Guesses
from lavin_recognition.boxes_hues import Layer
from lavin_recognition.boxes_outlines import Sides

_MOST_BOXES: Final = 100
"""COCO counts no more in a picture."""
_SURE: Final = 0.85
_LEFT_OVER: Final = 6.0
"""Pixels of a layer that no box has claimed, from which on it is looked at again."""

_SAME_HUE: Final = 30.0
_REPEAT: Final = 0.6
"""Two boxes whose hues are fewer degrees apart and that have more in common (IoU) are one."""


@dataclass(frozen=True, slots=True)
class Found:
    """A rectangle of lines: its layer, where its lines are, and the share of its outline that is lit, 0..1."""

    layer: Layer
    sides: Sides
    support: float


def find_rectangles(layers: list[Layer], lit: NDArray[np.float32], widths: tuple[float, float]) -> list[Found]:
    """The rectangles whose lines are in ``layers``, best explained first.

    A rectangle is explained by pixels of its own colour, and by those of smaller ones found before: they are drawn on
    top. Once it is found its pixels speak for no other one. First the clear cases are taken; then those whose sides
    are hidden under sides of other boxes.

    Args:
        layers: the picture by hue.
        lit: ``[H, W]``, 0..1, pixels of any line.
        widths: of horizontal and of vertical lines.
    """
    search = _Search(layers, lit, widths)
    search.run(_SURE)
    search.start_again()
    search.run(LEAST_RANK)
    return search.found


def without_repeats(found: list[Found], widths: tuple[float, float]) -> list[Found]:
    """Of rectangles that are nearly the same the first: those of one hue, or of any hue with their lines side by side.

    Where thin lines of two colours touch, JPEG makes a third one of them.
    """
    kept: list[Found] = []
    for one in found:
        if not any(
            _side_by_side(one.sides, other.sides, widths)
            or (_same_hue(one.layer, other.layer) and _overlap(one.sides, other.sides) > _REPEAT)
            for other in kept
        ):
            kept.append(one)
    return kept


def _side_by_side(first: Sides, second: Sides, widths: tuple[float, float]) -> bool:
    thickness, width = widths
    near = (width, width, thickness, thickness)
    return all(abs(one - other) <= 1.5 * line for one, other, line in zip(first, second, near, strict=True))


def _same_hue(first: Layer, second: Layer) -> bool:
    if first.angle is None or second.angle is None:
        return first.angle is second.angle
    return float(hue_distance(np.float64(first.angle), second.angle)) < _SAME_HUE


def _overlap(first: Sides, second: Sides) -> float:
    """Intersection over union."""
    wide = min(first[1], second[1]) - max(first[0], second[0]) + 1
    high = min(first[3], second[3]) - max(first[2], second[2]) + 1
    both = max(0, wide) * max(0, high)
    areas = [(right - left + 1) * (bottom - top + 1) for left, right, top, bottom in (first, second)]
    return both / (sum(areas) - both)


class _Search:
    def __init__(self, layers: list[Layer], lit: NDArray[np.float32], widths: tuple[float, float]) -> None:
        self.found: list[Found] = []
        self._layers, self._lit, self._widths = layers, lit, widths
        self._free = [np.ones(lit.shape, bool) for _ in layers]
        self._guesses: dict[int, Guesses] = {index: Guesses(layer, lit, widths) for index, layer in enumerate(layers)}

    def run(self, least_rank: float) -> None:
        """Take one box after the other as long as there is one of this rank."""
        best = {index: guesses.best() for index, guesses in self._guesses.items()}
        while best and len(self.found) < _MOST_BOXES:
            index = max(best, key=lambda place: best[place][0])
            rank, number = best[index]
            if rank < least_rank:
                return
            guesses = self._guesses[index]
            self.found.append(Found(self._layers[index], guesses.sides(number), guesses.support(number)))
            self._claim(self.found[-1])
            best = {other: guesses.best() for other, guesses in self._guesses.items()}

    def start_again(self) -> None:
        """Guess anew where pixels are left over, now also with the sides of all boxes found so far."""
        known = [one.sides for one in self.found]
        self._guesses = {
            index: Guesses(layer, self._lit, self._widths, known)
            for index, layer in enumerate(self._layers)
            if float((layer.own * self._free[index]).sum()) >= _LEFT_OVER
        }
        for one in self.found:
            self._claim(one)

    def _claim(self, one: Found) -> None:
        left, right, top, bottom = one.sides
        outline = _near_lines(self._lit.shape, one.sides, self._widths)
        for index, guesses in self._guesses.items():
            guesses.hide(outline, (right - left + 1.0) * (bottom - top + 1.0))
            if self._layers[index].may_share(one.layer):
                self._free[index] &= ~outline
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
