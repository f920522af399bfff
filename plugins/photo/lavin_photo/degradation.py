"""What all degradations of a picture have in common: how they treat the frames of a clip."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from lavincli.clip import Clip


class Degradation(ABC):
    """A transform of clips.

    What a clip has as a whole (how blurred, how noisy, how much rain, where the hole is) is drawn once, so that it does
    not flicker; what falls anew on each frame (grains of noise, drops of rain) is drawn for each frame.

    Args:
        per_frame: draw everything anew for each frame, as if each were a still of its own.
    """

    def __init__(self, *, per_frame: bool) -> None:
        self._per_frame = per_frame

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same, degraded."""
        if not self._per_frame:
            return self.degrade(clip, random)
        return np.concatenate([self.degrade(frame[None], random) for frame in clip])

    @abstractmethod
    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """Degrade all frames in one go."""
