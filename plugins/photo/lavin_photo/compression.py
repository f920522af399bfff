"""Losing detail: shrinking and JPEG."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_photo.degradation import Degradation
from lavin_photo.options import Range
from lavincli.clip import Clip
from lavincli.media.geometry import resize


class Downscale(Degradation):
    """Bicubic down (with antialias) and bicubic up again, at the working size.

    Args:
        factor: how many times smaller, a number or [low, high]; at least 1.
        per_frame: see `Degradation`.
    """

    def __init__(self, *, factor: float | Sequence[float] = 4.0, per_frame: bool = False) -> None:
        super().__init__(per_frame=per_frame)
        self._factor = Range(factor, "factor", at_least=1.0)

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same without its finest detail."""
        factor = self._factor.draw(random)
        height, width = clip.shape[1:3]
        small = resize(clip, (max(1, round(height / factor)), max(1, round(width / factor))))
        return resize(small, (height, width))


class JPEG(Degradation):
    """JPEG with 4:2:0 chroma at the working size; its blocks are 8 pixels at every size.

    Args:
        quality: as libjpeg counts it, 1..95, a number or [low, high].
        per_frame: see `Degradation`.
    """

    def __init__(self, *, quality: float | Sequence[float] = (5, 25), per_frame: bool = False) -> None:
        super().__init__(per_frame=per_frame)
        self._quality = Range(quality, "quality", at_least=1, at_most=95)

    def degrade(self, clip: Clip, random: np.random.Generator) -> Clip:
        """``uint8 [T, H, W, 3]`` -> the same with blocks and ringing."""
        quality = round(self._quality.draw(random))
        return np.stack([_through_jpeg(frame, quality) for frame in clip])


def _through_jpeg(frame: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, format="JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(buffer))
