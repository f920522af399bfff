"""Sensor noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lavin_photo.degradation import Degradation
from lavin_photo.options import Range, to_bytes
from lavincli.clip import Clip


class GaussianNoise(Degradation):
    """White Gaussian noise, independent for each pixel and channel, added at the working size.

    Args:
        sigma: standard deviation in levels of 0..255, a number or [low, high].
        per_frame: see `Degradation`.
    """

    def __init__(self, *, sigma: float | Sequence[float] = (15.0, 50.0), per_frame: bool = False) -> None:
        super().__init__(per_frame=per_frame)
        self._sigma = Range(sigma, "sigma")

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same with noise."""
        sigma = self._sigma.draw(random)
        return to_bytes(clip + random.standard_normal(clip.shape, dtype=np.float32) * np.float32(sigma))
