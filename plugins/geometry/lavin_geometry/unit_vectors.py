"""Unit vectors that went through 8-bit pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEVEL = 1 / 127.5
"""One of the 256 levels of a channel, as a part of a vector that spans -1..1."""
_LEAST_NOISE = 1.0 * _LEVEL
"""Standard deviation up to which a picture is taken as it is. Rounding to 8 bits makes 0.3 levels."""
_REACH = 4.8
"""Two noisy pixels of one and the same vector are closer than this many standard deviations, 99 times of 100."""
_FARTHEST = 0.2
"""Neighbours farther apart than this (11 degrees) are never averaged, however noisy the picture is."""


def normalised(vectors: NDArray[np.float32], *, shortest: float) -> NDArray[np.float32]:
    """Vectors ``[..., 3]`` at length 1; NaN where one is not longer than ``shortest`` or not finite."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    known = np.isfinite(length) & (length > shortest)
    unit: NDArray[np.float32] = np.divide(vectors, length, out=np.full_like(vectors, np.nan), where=known)
    return unit


def noise_of(vectors: NDArray[np.float32]) -> float:
    """Standard deviation of the noise on unit vectors ``[H, W, 3]``, from how far their lengths are from 1.

    A median, so that edges, where neighbours are mixed and too short, don't count. 0 if no vector is longer than 1/2.
    """
    length = np.linalg.norm(vectors, axis=-1)
    deviation = np.abs(length[length > 0.5] - 1)
    return 1.4826 * float(np.median(deviation)) if deviation.size else 0.0


def without_noise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noisy vectors ``[H, W, 3]`` averaged over those of the 3 x 3 neighbours that differ by no more than noise does.

    That is the sigma filter (Lee, "Digital image smoothing and the sigma filter", 1983), with sigma as `noise_of`
    measures it: edges stay sharp, and a picture without noise stays as it is.
    """
    sigma = noise_of(vectors)
    if sigma <= _LEAST_NOISE:
        return vectors
    reach = min(_REACH * sigma, _FARTHEST) ** 2
    height, width = vectors.shape[:2]
    padded = np.pad(vectors, ((1, 1), (1, 1), (0, 0)), mode="edge")
    total = np.zeros_like(vectors)
    count = np.zeros((height, width, 1), dtype=np.float32)
    for row in range(3):
        for column in range(3):
            neighbour = padded[row : row + height, column : column + width]
            alike = (np.square(neighbour - vectors).sum(axis=2, keepdims=True) <= reach).astype(np.float32)
            total += neighbour * alike
            count += alike
    return total / count
