"""Exact places of boxes so small that lines disturb each other: of the drawing that is most like the picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_drawing import Edges, outline_cover

_MARGIN: Final = 3
"""Pixels around the box that are compared."""
_STEP: Final = 0.1
"""Pixels by which an edge is moved to see what changes."""
_ITERATIONS: Final = 6
_FARTHEST: Final = 1.5
"""Pixels by which an edge can come to lie off its first place."""


def is_small(edges: Edges, widths: tuple[float, float]) -> bool:
    """Whether there is hardly anything between the lines of a box."""
    left, top, right, bottom = edges
    return right - left < 4 * widths[1] + 3 or bottom - top < 4 * widths[0] + 3


def fit_small(light: NDArray[np.float32], edges: Edges, widths: tuple[float, float]) -> Edges:
    """The edges of the box near ``edges`` whose outline is most like ``light``, by Gauss and Newton's iteration.

    Args:
        light: ``[H, W]``, brightness of pixels that may be of this box, NaN where another line hides it.
        edges: left, top, right, bottom in pixels.
        widths: of horizontal and of vertical lines.
    """
    start = np.array(edges)
    top, left = (max(0, int(start[index]) - _MARGIN) for index in (1, 0))
    patch = light[top : int(start[3]) + _MARGIN + 1, left : int(start[2]) + _MARGIN + 1].astype(np.float64)
    seen = ~np.isnan(patch)
    if not patch[seen].any():
        return edges
    offset = np.array([left, top, left, top])
    target = patch[seen]

    def drawn(place: NDArray[np.float64]) -> NDArray[np.float64]:
        x0, y0, x1, y1 = (float(value) for value in place - offset)
        return outline_cover((x0, y0, x1, y1), (patch.shape[0], patch.shape[1]), widths)[seen]

    place = start
    for _ in range(_ITERATIONS):
        cover = drawn(place)
        brightness = float(cover @ target) / max(float(cover @ cover), 1e-6)
        slopes = np.stack([(drawn(place + step) - drawn(place - step)) / (2 * _STEP) for step in _STEP * np.eye(4)])
        columns = np.concatenate([brightness * slopes, cover[None]])
        normal = columns @ columns.T + 1e-3 * np.diag([brightness**2 + 1] * 4 + [1.0])
        change = np.linalg.solve(normal, columns @ (target - brightness * cover))[:4]
        place = np.clip(place + change.clip(-0.5, 0.5), start - _FARTHEST, start + _FARTHEST)
    x0, y0, x1, y1 = (float(value) for value in place)
    return (x0, y0, x1, y1) if x1 - x0 >= 1 and y1 - y0 >= 1 else edges
