"""Squares cut from clips: the centred one for evaluation, a random one for training, and the seeds of it all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lavincli.clip import Clip
from lavincli.media.geometry import resize

_SMALLEST_CROP = 0.5
"""A random crop's side, as a share of the shorter side of the picture, is at least this."""


def generator(*parts: str | int) -> np.random.Generator:
    """A random generator that depends on ``parts`` alone: not on order, process or Python's hash seed."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


@dataclass(frozen=True, slots=True)
class Frame:
    """A square of a picture, in shares of what is possible there, so that it fits pictures of any size alike.

    Attributes:
        scale: side of the square / shorter side of the picture.
        down, right: place, 0 = top or left edge, 1 = bottom or right edge.
        mirrored: whether left and right are swapped.
    """

    scale: float = 1.0
    down: float = 0.5
    right: float = 0.5
    mirrored: bool = False

    @staticmethod
    def random(random: np.random.Generator, *, mirrorable: bool) -> Frame:
        """A random crop, mirrored half of the time where that is allowed."""
        scale = float(random.uniform(_SMALLEST_CROP, 1.0))
        down, right = (float(place) for place in random.random(2))
        mirrored = bool(random.random() < 0.5)
        return Frame(scale, down, right, mirrored and mirrorable)

    def cut(self, clip: Clip, size: int, resample: Literal["bicubic", "nearest"]) -> Clip:
        """The square of ``clip`` ``[T, H, W, 3]``, as ``[T, size, size, 3]``."""
        height, width = clip.shape[1:3]
        side = max(1, round(self.scale * min(height, width)))
        # Rounded down as center_square does, so that the frame by default is the same square.
        top, left = int(self.down * (height - side)), int(self.right * (width - side))
        square = clip[:, top : top + side, left : left + side]
        resized = resize(square, (size, size), resample)
        return np.ascontiguousarray(resized[:, :, ::-1] if self.mirrored else resized)
