"""Blur of a lens out of focus, and of a moving camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_photo.degradation import Degradation
from lavin_photo.options import Range, pixels, to_bytes
from lavin_photo.streaks import splat_lines
from lavincli.clip import Clip

_SHORTEST = 1e-6
"""Pixels."""


class GaussianBlur(Degradation):
    """Gaussian blur.

    Args:
        sigma: in pixels of a picture 256 wide, a number or [low, high].
        per_frame: see `Degradation`.
    """

    def __init__(self, *, sigma: float | Sequence[float] = (2.5, 7.0), per_frame: bool = False) -> None:
        super().__init__(per_frame=per_frame)
        self._sigma = Range(sigma, "sigma")

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same, blurred."""
        return gaussian(clip, pixels(self._sigma.draw(random), clip))


class MotionBlur(Degradation):
    """Blur along a straight line: a camera that moves evenly while the shutter is open.

    Args:
        length: of the line, in pixels of a picture 256 wide, a number or [low, high].
        angle: in degrees, 0 = across, 90 = up and down, a number or [low, high].
        per_frame: see `Degradation`.
    """

    def __init__(
        self,
        *,
        length: float | Sequence[float] = (12.0, 32.0),
        angle: float | Sequence[float] = (0.0, 180.0),
        per_frame: bool = False,
    ) -> None:
        super().__init__(per_frame=per_frame)
        self._length = Range(length, "length")
        self._angle = Range(angle, "angle", at_most=360.0)

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same, blurred."""
        kernel = line_kernel(pixels(self._length.draw(random), clip), self._angle.draw(random))
        return to_bytes(_correlate_sparse(clip, kernel))


def gaussian(clip: Clip, sigma: float) -> Clip:
    """Gaussian blur of each frame by ``sigma`` pixels; edges are mirrored."""
    values = clip.astype(np.float32)
    blurred = ndimage.gaussian_filter(values, (0.0, sigma, sigma, 0.0), mode="reflect", truncate=3.0)
    return to_bytes(blurred)


def line_kernel(length: float, angle: float) -> NDArray[np.float32]:
    """A centred line ``length`` pixels long at ``angle`` degrees, antialiased, sum 1: ``float32 [K, K]``, K odd."""
    radius = int(np.ceil(length / 2)) + 1
    centre = np.full((1, 2), radius, dtype=np.float64)
    direction = np.array([[-np.sin(np.radians(angle)), np.cos(np.radians(angle))]])
    # A line of no length has no mass to normalise; the shortest one is a point.
    lengths = np.array([max(length, _SHORTEST)])
    kernel = splat_lines(centre, direction, lengths, np.ones(1), (2 * radius + 1, 2 * radius + 1))
    normalised: NDArray[np.float32] = (kernel / kernel.sum()).astype(np.float32)
    return normalised


def _correlate_sparse(clip: Clip, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted sum of shifted copies: a line has few weights that are not zero, so this beats a Fourier transform."""
    radius = kernel.shape[0] // 2
    height, width = clip.shape[1:3]
    padded = np.pad(clip.astype(np.float32), ((0, 0), (radius, radius), (radius, radius), (0, 0)), mode="symmetric")
    total = np.zeros(clip.shape, dtype=np.float32)
    for row, column in np.argwhere(kernel > 0):
        total += kernel[row, column] * padded[:, row : row + height, column : column + width]
    return total
