"""Haze: the farther a thing is, the more of it is replaced by the light of the air in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lavin_photo.degradation import Degradation
from lavin_photo.options import Range, to_bytes
from lavin_photo.smooth_field import smooth_field
from lavincli.clip import Clip

_TINT = 0.03
"""How far a channel of the airlight is off its gray, at most."""


class Haze(Degradation):
    """Atmospheric scattering, I = J t + A (1 - t) with t = exp(-density * depth), on the picture's own values.

    The model of Koschmieder as papers on dehazing use it (He et al., CVPR 2009; RESIDE, arXiv 1712.04143). A photo has
    no depth, so a plausible one in 0..1 is drawn: what is higher up is farther, with smooth hills and hollows.

    Args:
        density: what is farthest keeps exp(-density) of its light.
        airlight: brightness A of the air, 0..1; a little bluish or reddish.
        slope: share of the depth that is height in the picture, 0..1; the rest are the hills.
        per_frame: see `Degradation`.

    All but the last are a number or [low, high].
    """

    def __init__(
        self,
        *,
        density: float | Sequence[float] = (1.0, 2.5),
        airlight: float | Sequence[float] = (0.75, 1.0),
        slope: float | Sequence[float] = (0.4, 0.8),
        per_frame: bool = False,
    ) -> None:
        super().__init__(per_frame=per_frame)
        self._density = Range(density, "density")
        self._airlight = Range(airlight, "airlight", at_most=1)
        self._slope = Range(slope, "slope", at_most=1)

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same in the haze, which stays where it is in all frames."""
        density, slope = self._density.draw(random), self._slope.draw(random)
        air = 255 * np.clip(self._airlight.draw(random) + random.uniform(-_TINT, _TINT, 3), 0, 1)
        transmission = np.exp(-density * _depth(clip.shape[1:3], slope, random))[..., None]
        return to_bytes(clip * transmission + air * (1 - transmission))


def _depth(shape: tuple[int, ...], slope: float, random: np.random.Generator) -> NDArray[np.float64]:
    height, width = shape
    up = 1 - (np.arange(height) + 0.5) / height
    return slope * up[:, None] + (1 - slope) * smooth_field((height, width), random)
