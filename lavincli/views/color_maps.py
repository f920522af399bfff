"""Numbers as colours: one perceptual map, and the wheel in which motion is usually shown.

Inferno by Nathaniel J. Smith and Stefan van der Walt (CC0), as a polynomial of degree 6 by Matt Zucker
(https://www.shadertoy.com/view/WlfXRN, CC0): lightness rises evenly, so that equal steps look equal, also in print.
The wheel is that of Baker et al., "A database and evaluation methodology for optical flow", IJCV 2011.
"""

from __future__ import annotations

import colorsys
import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

_INFERNO: Final = np.array(
    [
        [0.0002189403691192265, 0.001651004631001012, -0.01948089843709184],
        [0.1065134194856116, 0.5639564367884091, 3.932712388889277],
        [11.60249308247187, -3.972853965665698, -15.9423941062914],
        [-41.70399613139459, 17.43639888205313, 44.35414519872813],
        [77.162935699427, -33.40235894210092, -81.80730925738993],
        [-71.31942824499214, 32.62606426397723, 73.20951985803202],
        [25.13112622477341, -12.24266895238567, -23.07032500287172],
    ]
)
"""Red, green and blue of each power of the value, from 0 on."""

_WHEEL: Final = ((15, 0, 1, +1), (6, 0, 1, -1), (4, 1, 2, +1), (11, 1, 2, -1), (13, 2, 0, +1), (6, 2, 0, -1))
"""Arcs of the wheel: steps, the two channels, and whether the second one rises or the first one falls."""

NOT_KNOWN: Final = (127, 127, 127)
"""The colour of what is not known."""


def inferno(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """``[...]`` in 0..1 -> ``uint8 [..., 3]``: black, violet, red, yellow, nearly white; NaN is gray."""
    known = np.isfinite(values)
    places = np.clip(np.where(known, values, 0), 0, 1).astype(np.float64)
    colors = np.zeros((*places.shape, 3))
    for powers in _INFERNO[::-1]:
        colors = colors * places[..., None] + powers
    rgb = np.floor(np.clip(colors, 0, 1) * 255 + 0.5).astype(np.uint8)
    rgb[~known] = NOT_KNOWN
    return rgb


def flow_wheel(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """``[..., 2]`` (to the right, down) of length 0..1 -> ``uint8 [..., 3]``: white where nothing moves.

    Right is red, down yellow, left cyan, up violet. Longer vectors are darkened, as in the Middlebury tool; NaN is
    gray.
    """
    known = np.isfinite(vectors).all(axis=-1)
    across, down = (np.where(known, vectors[..., axis], 0).astype(np.float64) for axis in (0, 1))
    length = np.hypot(across, down)
    wheel = _wheel()
    # Of all 55 steps: the Middlebury tool leaves the last one out, and has a seam there.
    place = (np.arctan2(-down, -across) / np.pi + 1) / 2 * len(wheel)
    lower = np.floor(place).astype(int)
    share = (place - lower)[..., None]
    colors = (1 - share) * wheel[lower % len(wheel)] + share * wheel[(lower + 1) % len(wheel)]
    inside = length[..., None] <= 1
    colors = np.where(inside, 1 - length[..., None] * (1 - colors), colors * 0.75)
    rgb: NDArray[np.uint8] = np.floor(colors * 255 + 0.5).astype(np.uint8)
    rgb[~known] = NOT_KNOWN
    return rgb


@functools.cache
def _wheel() -> NDArray[np.float64]:
    """``[55, 3]``: from red over yellow, green, cyan, blue and magenta, with more steps where eyes see more."""
    rows: list[NDArray[np.float64]] = []
    for steps, first, second, direction in _WHEEL:
        arc = np.zeros((steps, 3))
        ramp = np.floor(255 * np.arange(steps) / steps) / 255
        arc[:, first if direction > 0 else second] = 1
        arc[:, second if direction > 0 else first] = ramp if direction > 0 else 1 - ramp
        rows.append(arc)
    return np.concatenate(rows)


def distinct_color(number: int) -> tuple[int, int, int]:
    """A vivid colour for the object of this number, far from those of the numbers around it; always the same.

    Hues go round by the golden angle.
    """
    hue = number * 0.6180339887498949
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
