"""Taking the colour away."""

from __future__ import annotations

import numpy as np

from lavincli.clip import Clip


class Grayscale:
    """BT.601 luma (0.299 R + 0.587 G + 0.114 B) in all three channels."""

    def __call__(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same in gray."""
        del random
        red, green, blue = (clip[..., channel].astype(np.uint32) for channel in range(3))
        # Fixed point with 16 bits, as Pillow converts to "L".
        gray = ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=3)
