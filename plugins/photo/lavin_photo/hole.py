"""Cutting a square out of a picture."""

from __future__ import annotations

import numpy as np

from lavin_photo.degradation import Degradation
from lavincli.builtins.hole import MID_GRAY
from lavincli.clip import Clip


class SquareHole(Degradation):
    """One mid-gray (127) square at a random place.

    Args:
        share: side of the square / shorter side of the picture, 0 < share < 1.
        per_frame: see `Degradation`.
    """

    def __init__(self, *, share: float = 0.25, per_frame: bool = False) -> None:
        super().__init__(per_frame=per_frame)
        if not 0 < share < 1:
            raise ValueError(f"share is between 0 and 1, not {share}")
        self._share = share

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same with a hole."""
        height, width = clip.shape[1:3]
        side = max(1, round(self._share * min(height, width)))
        down, right = random.random(2)
        top, left = round(down * (height - side)), round(right * (width - side))
        holed = clip.copy()
        holed[:, top : top + side, left : left + side] = MID_GRAY
        return holed
