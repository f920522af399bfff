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

_ELSEWHERE: Final = np.float32(0.75)
"""What a pixel counts that is lit but belongs to another box."""


@dataclass(frozen=True, slots=True)
class Found:
    """A box: the layer of its hue, the pixels where its lines are, and its edges, with fractions of pixels."""

    layer: Layer
    sides: Sides
    edges: Edges


def line_support(
    found: list[Found], angle: NDArray[np.float32], lit: NDArray[np.float32], widths: tuple[float, float]
) -> NDArray[np.float32]:
    """``[N]`` in 0..1, share of each outline that is lit; what belongs to another box may hide it and counts less.

    Where outlines of several boxes cover a pixel it belongs to the one whose hue is nearest. Boxes put together of
    other boxes' lines rank behind those that have lines of their own.

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
    support = np.zeros(len(found), np.float32)
    for index in range(len(found)):
        weight = np.where(covers[index] > 0.25, covers[index], 0)
        counted = np.where(owner == index, lit, _ELSEWHERE * lit)
        support[index] = float((weight * counted).sum()) / max(float(weight.sum()), 1e-6)
    return support
