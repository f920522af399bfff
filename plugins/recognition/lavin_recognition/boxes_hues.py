"""Takes a picture of outlines apart by hue: for each hue that lines have, how sure each pixel is on such a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.boxes_colors import hue_and_chroma, hue_distance

_DARK, _LIT = 24.0, 88.0
"""A pixel whose brightest channel is below the first is background, above the second surely a line."""
_GRAY: Final = 0.12
"""Chroma / brightness below which a pixel has no hue."""
_NEAR, _FAR = 20.0, 34.0
"""Degrees from a hue up to which a pixel surely has it, and from which it doesn't."""
_ALIKE: Final = 30.0
"""Degrees."""
_MOST_HUES: Final = 24
_FEWEST_PIXELS: Final = 5.0

_STRAY: Final = 0.15
"""Share of the commonest hue nearby, up to which another one is a mixture of hues."""
_HALF: Final = np.float32(0.5)

_BIN: Final = 3
_SMOOTH: Final = 2.0
"""Degrees of a bin of the histogram of hues, and the sigma it is smoothed with, in bins."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The pixels of one hue.

    Attributes:
        angle: the hue in degrees; None for white and gray lines.
        own: ``float32 [H, W]`` in 0..1, 1 = surely on a line of this hue.
    """

    angle: float | None
    own: NDArray[np.float32]

    def is_like(self, other: Layer) -> bool:
        """Whether it may be the hue of one line, seen twice."""
        if self.angle is None or other.angle is None:
            return self.angle is other.angle
        return float(hue_distance(self.angle, other.angle)) < _ALIKE

    def may_share(self, other: Layer) -> bool:
        """Whether pixels can belong to both."""
        if self.angle is None or other.angle is None:
            return self.angle is other.angle
        return float(hue_distance(self.angle, other.angle)) < 2 * _FAR


def lit_pixels(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How sure each pixel of ``[H, W, 3]`` is on any line, 0..1."""
    brightest = rgb.max(axis=2).astype(np.float32)
    sure: NDArray[np.float32] = ((brightest - _DARK) / (_LIT - _DARK)).clip(0, 1)
    return sure


def lit_from_cover(cover: NDArray[np.floating]) -> NDArray[np.float32]:
    """How sure pixels would be on a line that covers this share of each, at full brightness."""
    return ((255 * cover - _DARK) / (_LIT - _DARK)).clip(0, 1).astype(np.float32)


def split_by_hue(rgb: NDArray[np.uint8], lit: NDArray[np.float32], widths: tuple[float, float]) -> list[Layer]:
    """The layers of ``uint8 [H, W, 3]``, one a peak in the histogram of its hues."""
    angle, chroma = hue_and_chroma(rgb)
    gray = chroma < _GRAY * rgb.max(axis=2)
    layers = [
        Layer(peak, _near(angle, peak) * np.where(gray, 0, lit)) for peak in _peaks(angle, np.where(gray, 0, lit))
    ]
    if float(np.where(gray, lit, 0).sum()) >= _FEWEST_PIXELS:
        layers.append(Layer(None, np.where(gray, lit, 0).astype(np.float32)))
    return _with_mixtures(_without_mixtures(layers, widths), lit)


def _without_mixtures(layers: list[Layer], widths: tuple[float, float]) -> list[Layer]:
    """Where colours of two lines mix there are few pixels of the mixture among many of the two: drop those."""
    if len(layers) < 2:
        return layers
    window = tuple(2 * round(width) + 3 for width in widths)
    around = np.stack([ndimage.uniform_filter(layer.own, window, mode="constant") for layer in layers])
    share = around / np.maximum(around.max(axis=0), 1e-6)
    trust = ((share - _STRAY) / _STRAY).clip(0, 1)
    return [Layer(layer.angle, layer.own * sure) for layer, sure in zip(layers, trust, strict=True)]


def _with_mixtures(layers: list[Layer], lit: NDArray[np.float32]) -> list[Layer]:
    """Lit pixels that no layer has may belong to any: each has half of them, too little to make lines by themselves."""
    if not layers:
        return layers
    mixed = _HALF * lit * (1 - np.max([layer.own for layer in layers], axis=0))
    return [Layer(layer.angle, np.maximum(layer.own, mixed)) for layer in layers]


def _near(angle: NDArray[np.float32], peak: float) -> NDArray[np.float32]:
    return ((_FAR - hue_distance(angle, peak)) / (_FAR - _NEAR)).clip(0, 1).astype(np.float32)


def _peaks(angle: NDArray[np.float32], weight: NDArray[np.float32]) -> list[float]:
    """The hues in degrees that more pixels have than have those beside it."""
    count = 360 // _BIN
    bins = (angle // _BIN).astype(np.intp) % count
    histogram = np.bincount(bins.ravel(), weight.ravel(), minlength=count)
    smooth = ndimage.gaussian_filter1d(histogram, _SMOOTH, mode="wrap")
    top = (smooth > np.roll(smooth, 1)) & (smooth >= np.roll(smooth, -1))
    # Pixels within a few degrees of the peak, not the height of it, tell a small box from strays.
    mass = ndimage.uniform_filter1d(histogram, 9, mode="wrap") * 9
    found = np.flatnonzero(top & (mass >= _FEWEST_PIXELS))
    found = found[np.argsort(-smooth[found], kind="stable")][:_MOST_HUES]
    return [float((index + 0.5) * _BIN) for index in found]
