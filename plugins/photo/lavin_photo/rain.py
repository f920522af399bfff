"""Rain: short bright streaks that slant one way, before a picture that the bad weather blurs and darkens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_photo.blur import gaussian
from lavin_photo.degradation import Degradation
from lavin_photo.options import Range, pixels, to_bytes
from lavin_photo.streaks import splat_lines
from lavincli.clip import Clip

_STREAK_LEVEL = 225.0
"""Raindrops mirror the sky: nearly white."""
_ANGLE_SPREAD = 2.5
"""Standard deviation in degrees of a streak's angle around that of the picture."""
_STREAK_BLUR = 0.35
"""Standard deviation in pixels of what softens the streaks, beside the bilinear drawing."""


class RainStreaks(Degradation):
    """Streaks over the whole picture; each frame gets its own.

    Args:
        count: number of streaks, whatever the picture's size.
        length: of a streak, in pixels of a picture 256 wide.
        width: of a streak, in pixels of a picture 256 wide.
        slant: degrees off the vertical, to either side.
        opacity: of a streak, 0..1.
        blur: sigma of the picture behind, in pixels of a picture 256 wide.
        brightness: of the picture behind, 0..1.
        per_frame: see `Degradation`.

    All but the last are a number or [low, high]; length, width and opacity differ from streak to streak.
    """

    def __init__(
        self,
        *,
        count: float | Sequence[float] = (200, 500),
        length: float | Sequence[float] = (12.0, 28.0),
        width: float | Sequence[float] = (1.2, 2.4),
        slant: float | Sequence[float] = (5.0, 30.0),
        opacity: float | Sequence[float] = (0.35, 0.85),
        blur: float | Sequence[float] = (0.4, 1.0),
        brightness: float | Sequence[float] = (0.7, 0.9),
        per_frame: bool = False,
    ) -> None:
        super().__init__(per_frame=per_frame)
        self._count = Range(count, "count", at_least=1)
        self._length = Range(length, "length")
        self._width = Range(width, "width")
        self._slant = Range(slant, "slant", at_most=90)
        self._opacity = Range(opacity, "opacity", at_most=1)
        self._blur = Range(blur, "blur")
        self._brightness = Range(brightness, "brightness", at_most=1)

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same in the rain."""
        count = round(self._count.draw(random))
        slant = self._slant.draw(random) * (1 if random.random() < 0.5 else -1)
        brightness = self._brightness.draw(random)
        behind = gaussian(clip, pixels(self._blur.draw(random), clip)).astype(np.float32) * np.float32(brightness)
        opacity = np.stack([self._opacity_of_streaks(clip, count, slant, random) for _ in range(clip.shape[0])])
        return to_bytes(behind + (_STREAK_LEVEL - behind) * opacity[..., None])

    def _opacity_of_streaks(
        self, clip: Clip, count: int, slant: float, random: np.random.Generator
    ) -> NDArray[np.float32]:
        height, width = clip.shape[1:3]
        draws = random.random((count, 5))
        centres = draws[:, :2] * (height, width)
        angles = np.radians(slant + random.standard_normal(count) * _ANGLE_SPREAD)
        directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        lengths, widths, opacities = (
            bounds.low + draws[:, 2 + place] * (bounds.high - bounds.low)
            for place, bounds in enumerate((self._length, self._width, self._opacity))
        )
        # A streak thinner than a pixel covers a part of it: the opacity shrinks, as in a photo made smaller.
        drawn = splat_lines(
            centres, directions, pixels(1.0, clip) * lengths, pixels(1.0, clip) * widths * opacities, (height, width)
        )
        soft = ndimage.gaussian_filter(drawn, _STREAK_BLUR, truncate=3.0)
        opacity: NDArray[np.float32] = np.clip(soft, 0, 1).astype(np.float32)
        return opacity
