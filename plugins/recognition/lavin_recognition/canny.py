"""Canny's edge detector, which makes pseudo truth for edges from any photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.thinning import thin
from lavincli.clip import Clip

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_EIGHT = np.ones((3, 3), dtype=bool)


class Canny:
    """Photo -> white edges one pixel thin on black (Canny, "A computational approach to edge detection", 1986).

    Args:
        sigma: of the Gaussian before the gradient, in pixels of the picture at hand: edges stay one pixel thin at
            every size, and a small picture shows the coarse ones.
        low, high: thresholds of the gradient's length, in levels of 0..255 per pixel; an edge holds at least one
            pixel above ``high`` and goes on as long as it is above ``low``.
    """

    def __init__(self, *, sigma: float = 1.4, low: float = 5.0, high: float = 13.0) -> None:
        if not 0 <= low <= high:
            raise ValueError(f"thresholds are 0 <= low <= high, not low {low}, high {high}")
        if sigma <= 0:
            raise ValueError(f"sigma is above 0, not {sigma}")
        self._sigma = sigma
        self._low = low
        self._high = high

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> its edges, 255 on 0."""
        del random
        edges = np.stack([canny(frame @ _LUMA, self._sigma, self._low, self._high) for frame in clip])
        return np.repeat(edges[..., None].astype(np.uint8) * 255, 3, axis=3)


def canny(gray: NDArray[np.float32], sigma: float, low: float, high: float) -> NDArray[np.bool_]:
    """Edges of ``float [H, W]``, as ``bool [H, W]``; the arguments are those of `Canny`."""
    smooth = ndimage.gaussian_filter(gray, sigma, mode="reflect")
    # Sobel's kernels have a gain of 8 for a slope of one level a pixel.
    down, right = ndimage.sobel(smooth, axis=0) / 8, ndimage.sobel(smooth, axis=1) / 8
    length = np.hypot(down, right)
    candidates = _largest_across(length, down, right)
    labels, count = ndimage.label(candidates & (length > low), structure=_EIGHT)
    strong = np.zeros(count + 1, dtype=bool)
    strong[labels[candidates & (length > high)]] = True
    strong[0] = False
    return thin(strong[labels])


def _largest_across(
    length: NDArray[np.float32], down: NDArray[np.float32], right: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Where the gradient is not shorter than at the two neighbours along its direction, rounded to 45 degrees."""
    padded = np.pad(length, 1)
    height, width = length.shape

    def neighbour(row: int, column: int) -> NDArray[np.float32]:
        return padded[1 + row : 1 + row + height, 1 + column : 1 + column + width]

    octant = np.round(np.arctan2(down, right) / (np.pi / 4)).astype(np.int8) % 4
    kept = np.zeros(length.shape, dtype=bool)
    for index, (row, column) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        # ">" on one side, ">=" on the other: of two equal neighbours one is kept.
        largest = (length > neighbour(row, column)) & (length >= neighbour(-row, -column))
        kept |= (octant == index) & largest
    return kept
