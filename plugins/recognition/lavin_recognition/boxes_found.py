"""Boxes found in a picture of outlines, and how sure they are once all are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_colors import hue_distance
from lavin_recognition.boxes_drawing import Edges, outline_cover
from lavin_recognition.boxes_hues import Layer
from lavin_recognition.boxes_outlines import Sides

_SAME_HUE: Final = 30.0
_REPEAT: Final = 0.6
"""Two boxes whose hues are fewer degrees apart and that have more in common (IoU) are one."""


@dataclass(frozen=True, slots=True)
class Found:
    """A box: the layer of its hue, the pixels where its lines are, and its edges, with fractions of pixels."""

    layer: Layer
    sides: Sides
    edges: Edges

    @property
    def area(self) -> float:
        """Square pixels."""
        left, top, right, bottom = self.edges
        return (right - left) * (bottom - top)


def repeats(one: Found, found: list[Found], widths: tuple[float, float]) -> bool:
    """Whether a box is nearly the same as one of ``found``: of one hue, or of any hue with their lines side by side.

    Where thin lines of two colours touch, JPEG makes a third one of them.
    """
    return any(
        _side_by_side(one.sides, other.sides, widths)
        or (_same_hue(one.layer, other.layer) and _overlap(one.sides, other.sides) > _REPEAT)
        for other in found
    )


def _side_by_side(first: Sides, second: Sides, widths: tuple[float, float]) -> bool:
    thickness, width = widths
    near = (width, width, thickness, thickness)
    return all(
        abs(one - other) <= max(1.5 * line, line + 1) for one, other, line in zip(first, second, near, strict=True)
    )


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


def line_support(
    found: list[Found], angle: NDArray[np.float32], lit: NDArray[np.float32], widths: tuple[float, float]
) -> NDArray[np.float32]:
    """``[N]`` in 0..1, share of each outline that is lit and its own, or hidden under a smaller box.

    Where outlines of several boxes cover a pixel it belongs to the one whose hue is nearest.

    Args:
        found: the boxes.
        angle: ``[H, W]``, hues of the picture in degrees.
        lit: ``[H, W]``, 0..1, pixels of any line.
        widths: of horizontal and of vertical lines.
    """
    if not found:
        return np.zeros(0, np.float32)
    covers = np.stack([outline_cover(one.edges, (lit.shape[0], lit.shape[1]), widths) for one in found]).astype(
        np.float32
    )
    distance = np.full(covers.shape, np.inf, np.float32)
    for index, one in enumerate(found):
        mine = covers[index] > 0.25
        distance[index][mine] = 90.0 if one.layer.angle is None else hue_distance(angle[mine], one.layer.angle)
    owner = distance.argmin(axis=0)
    areas = np.array([one.area for one in found])
    support = np.zeros(len(found), np.float32)
    for index in range(len(found)):
        weight = np.where(covers[index] > 0.25, covers[index], 0)
        own = owner == index
        hidden = areas[owner] < areas[index]
        total = float(weight.sum())
        support[index] = float((weight * np.where(own, lit, hidden)).sum()) / max(total, 1e-6)
    return support
