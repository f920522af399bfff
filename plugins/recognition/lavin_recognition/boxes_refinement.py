"""Places of the sides of boxes between pixels, from the middles of their lines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_outlines import Sides
from lavin_recognition.boxes_small_fit import fit_small, is_small

_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_BRIGHT: Final = 100
"""A pixel with a brighter channel that isn't of the box's hue is on another line."""


def refine(
    rgb: NDArray[np.uint8], own: NDArray[np.float32], sides: Sides, widths: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the box whose lines are at ``sides``, in pixels with fractions.

    Only the brightness is weighed: JPEG stores colours at half the resolution.

    Args:
        rgb: ``uint8 [H, W, 3]``.
        own: ``[H, W]``, 0..1, pixels of the box's hue.
        sides: pixels of the lines.
        widths: of horizontal and of vertical lines.
    """
    left, right, top, bottom = sides
    thickness, width = widths
    light = (rgb @ _LUMA) * own
    columns, rows = (left, right), (top, bottom)
    x0, x1 = _pair(light, columns, _inner(rows, thickness), width)
    y0, y1 = _pair(light.T, rows, _inner(columns, width), thickness)
    # Lines are drawn inside the box.
    edges = (x0 - width / 2, y0 - thickness / 2, x1 + width / 2, y1 + thickness / 2)
    if is_small(edges, widths):
        elsewhere = (own < 0.5) & (rgb.max(axis=2) > _BRIGHT)
        edges = fit_small(np.where(elsewhere, np.float32(np.nan), light), edges, widths)
    x0, y0, x1, y1 = edges
    return max(0.0, x0), max(0.0, y0), min(float(own.shape[1]), x1), min(float(own.shape[0]), y1)


def _inner(ends: tuple[int, int], width: float) -> slice:
    """A line without its corners, where the other lines pull; with them if little would be left."""
    margin = int(width) + 1
    start, stop = ends[0] + margin, ends[1] - margin + 1
    return slice(start, stop) if stop - start >= 3 else slice(ends[0], ends[1] + 1)


def _pair(light: NDArray[np.float32], lines: tuple[int, int], along: slice, width: float) -> tuple[float, float]:
    """Middles of two vertical lines, each looked for on its own side of the middle between them."""
    middle = (lines[0] + lines[1] + 1) / 2
    reach = int(width / 2 + 1.5)
    count = light.shape[1]
    first = slice(max(0, lines[0] - reach), max(lines[0] + 1, min(lines[0] + reach + 1, int(np.floor(middle)))))
    second = slice(min(lines[1], max(lines[1] - reach, int(np.ceil(middle)))), min(count, lines[1] + reach + 1))
    return _middle(light[along, first], first.start, lines[0]), _middle(light[along, second], second.start, lines[1])


def _middle(window: NDArray[np.float32], start: int, guess: int) -> float:
    """Centre of mass across the line, of the rows in which it is seen; the guess if it is seen nowhere."""
    mass = window.sum(axis=1)
    seen = mass > 0.5 * np.median(mass)
    total = float(mass[seen].sum())
    if total <= 0:
        return guess + 0.5
    places = start + 0.5 + np.arange(window.shape[1])
    return float((window[seen].sum(axis=0) * places).sum() / total)
