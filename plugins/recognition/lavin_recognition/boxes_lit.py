"""The lines in a picture of outlines, whatever their hue."""

from __future__ import annotations

import numpy as np

from lavin_recognition.boxes_outlines import Map

Near = tuple[Map, Map]
"""What is beside each pixel as a part of a vertical line, and as a part of a horizontal one."""
Window = tuple[slice, slice]
"""Rows and columns."""


class Lit:
    """Pixels of lines of any hue.

    A line may lie a pixel off the place that is guessed for it, so what counts is what lies across it nearby.

    Attributes:
        pixels: ``[H, W]`` in 0..1, how sure each one is on a line.
        widths: of horizontal and of vertical lines, in pixels.
        reach: rows and columns by which a line may be off.
        near: the pixels nearby.
    """

    def __init__(self, pixels: Map, widths: tuple[float, float]) -> None:
        self.pixels = pixels
        self.widths = widths
        self.reach = (max(1, round(widths[0] / 2)), max(1, round(widths[1] / 2)))
        self.near = self.widened(pixels)

    def widened(self, values: Map) -> Near:
        """The largest of ``values`` within the reach, across vertical lines and across horizontal ones."""
        return _largest(values.T, self.reach[1]).T, _largest(values, self.reach[0])

    def others(self, near: Near, window: Window = (slice(None), slice(None))) -> Near:
        """What is lit nearby in ``window`` and isn't in ``near``, the pixels of one hue there."""
        return (self.near[0][window] - near[0]).clip(0), (self.near[1][window] - near[1]).clip(0)


def _largest(values: Map, reach: int) -> Map:
    """The largest value within ``reach`` rows."""
    largest = values.copy()
    for step in range(1, reach + 1):
        np.maximum(largest[step:], values[:-step], out=largest[step:])
        np.maximum(largest[:-step], values[step:], out=largest[:-step])
    return largest
