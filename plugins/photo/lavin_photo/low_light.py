"""Too little light: dark, noisy, and of a wrong colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lavin_photo.degradation import Degradation
from lavin_photo.options import Range
from lavincli.builtins.color import from_linear, to_linear
from lavincli.clip import Clip


class LowLight(Degradation):
    """A short exposure in dim light, as a camera takes it: in linear light, and then as sRGB again.

    linear light -> gamma (deepens the shadows) -> exposure -> white balance off -> noise of photons and of reading out
    (Poisson-Gaussian, variance = shot * light + read^2; Foi et al., TIP 2008), independent for each pixel, channel and
    frame, added at the working size.

    Args:
        exposure: factor on linear light, 0..1.
        gamma: exponent on linear light; above 1 the shadows get darker than the lights.
        color_shift: how far the gains of red and blue may be off 1, 0..1, one up and the other down.
        shot: variance of a full white pixel's noise that is down to photons, in (0..1)^2.
        read: standard deviation of the noise of reading out, in 0..1.
        per_frame: see `Degradation`.

    All but the last are a number or [low, high].
    """

    def __init__(
        self,
        *,
        exposure: float | Sequence[float] = (0.03, 0.15),
        gamma: float | Sequence[float] = (1.0, 1.3),
        color_shift: float | Sequence[float] = (0.0, 0.2),
        shot: float | Sequence[float] = (0.0002, 0.001),
        read: float | Sequence[float] = (0.0005, 0.0015),
        per_frame: bool = False,
    ) -> None:
        super().__init__(per_frame=per_frame)
        self._exposure = Range(exposure, "exposure", at_most=1)
        self._gamma = Range(gamma, "gamma")
        self._color_shift = Range(color_shift, "color_shift", at_most=1)
        self._shot = Range(shot, "shot")
        self._read = Range(read, "read")

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same in low light; exposure and colours are the same in all frames."""
        exposure, gamma = self._exposure.draw(random), self._gamma.draw(random)
        shift = self._color_shift.draw(random) * (1 if random.random() < 0.5 else -1)
        shot, read = self._shot.draw(random), self._read.draw(random)
        gains = np.array([1 + shift, 1.0, 1 - shift])
        light = exposure * to_linear(clip) ** gamma * gains
        noise = random.standard_normal(clip.shape) * np.sqrt(shot * light + read**2)
        return from_linear(light + noise)
