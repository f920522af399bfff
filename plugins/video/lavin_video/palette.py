"""Colours of objects: those of their pictures, and those of the indexed PNGs that answers are saved as."""

from __future__ import annotations

import colorsys
from typing import Final

import numpy as np
from numpy.typing import NDArray

FIRST_HUE: Final = 0.01
_LIGHTNESS = 0.6
_SATURATION = 0.65

BRIGHTEST: Final = 219
"""The largest channel of every colour of `hls_palette`."""
DARKEST: Final = 87
"""The smallest channel of every colour of `hls_palette`."""


def hls_palette(count: int) -> NDArray[np.uint8]:
    """``uint8 [count, 3]``: hues evenly spread from .01 on, lightness .6, saturation .65 (seaborn, ``hls_palette``)."""
    hues = [(FIRST_HUE + index / count) % 1 for index in range(count)]
    colors = [colorsys.hls_to_rgb(hue, _LIGHTNESS, _SATURATION) for hue in hues]
    palette: NDArray[np.uint8] = np.round(np.array(colors).reshape(-1, 3) * 255).astype(np.uint8)
    return palette


def steady_color(number: int) -> NDArray[np.uint8]:
    """``uint8 [3]``, of the lightness and saturation of `hls_palette`; hues go round by the golden angle."""
    hue = (FIRST_HUE + number * 0.6180339887498949) % 1
    color: NDArray[np.uint8] = np.round(np.array(colorsys.hls_to_rgb(hue, _LIGHTNESS, _SATURATION)) * 255).astype(
        np.uint8
    )
    return color


def davis_palette() -> NDArray[np.uint8]:
    """``uint8 [256, 3]``, the colours of DAVIS' and VOC's indexed PNGs.

    Bits 0..2 of an index are the top ones of red, green and blue, bits 3..5 the next ones, and so on: 1 is dark red, 2
    dark green, 3 dark yellow.
    """
    indices = np.arange(256)
    palette = np.zeros((256, 3), dtype=np.uint8)
    for place in range(8):
        channel, depth = place % 3, place // 3
        palette[:, channel] |= ((indices >> place & 1) << (7 - depth)).astype(np.uint8)
    return palette
