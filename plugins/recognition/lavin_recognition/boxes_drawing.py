"""Draws outlines of boxes with smooth edges, so that places between pixels can be read off again."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_colors import outline_colors
from lavincli.clip import Clip
from lavincli.natives import Boxes

_LINE: Final = 2.0
"""Width of a line in a picture of 256 pixels."""
_LEAST_LINE: Final = 1.5
"""Pixels. Of a line one pixel wide, JPEG with colours at half the resolution doesn't keep the hue."""

Edges = tuple[float, float, float, float]
"""Left, top, right and bottom of a box."""


def line_widths(size: tuple[int, int]) -> tuple[float, float]:
    """Widths of (horizontal, vertical) lines in a picture of this (height, width); at least 1.5.

    They differ in a picture that isn't square, which was or will be squeezed into one.
    """
    height, width = size
    return max(_LEAST_LINE, _LINE * height / 256), max(_LEAST_LINE, _LINE * width / 256)


def draw_outlines(boxes: Boxes) -> Clip:
    """``uint8 [1, H, W, 3]``: an outline a box on black, inside the box, smaller boxes over larger ones."""
    canvas = np.zeros((*boxes.size, 3), dtype=np.float64)
    colors = outline_colors(boxes).astype(np.float64)
    for index in drawing_order(boxes.xywh):
        if boxes.crowd[index]:
            continue
        alpha = outline_cover(corners(boxes.xywh[index]), boxes.size, line_widths(boxes.size))
        canvas += alpha[..., None] * (colors[index] - canvas)
    return (canvas + 0.5).astype(np.uint8)[None]


def outline_cover(edges: Edges, size: tuple[int, int], widths: tuple[float, float]) -> NDArray[np.float64]:
    """``[H, W]``, how much of each pixel an outline covers, with horizontal and vertical lines of ``widths``."""
    height, width = size
    left, top, right, bottom = edges
    across, down = widths
    outer = np.outer(_cover(height, top, bottom), _cover(width, left, right))
    inner = np.outer(_cover(height, top + across, bottom - across), _cover(width, left + down, right - down))
    cover: NDArray[np.float64] = outer - inner
    return cover


def drawing_order(xywh: NDArray[np.floating]) -> NDArray[np.intp]:
    """Largest first, so that what is small stays whole."""
    return np.argsort(-(xywh[:, 2].astype(np.float64) * xywh[:, 3]), kind="stable")


def corners(box: NDArray[np.floating]) -> Edges:
    """The edges of a box given by left, top, width and height."""
    left, top, width, height = (float(value) for value in box)
    return left, top, left + width, top + height


def _cover(length: int, start: float, stop: float) -> NDArray[np.float64]:
    """How much of each pixel of a row lies between two places; nothing if they are the wrong way round."""
    edges = np.arange(length + 1, dtype=np.float64).clip(start, max(start, stop))
    return np.diff(edges)
