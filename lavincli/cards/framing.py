"""Which part of a picture becomes a square of the working size, and the seeds of everything drawn at random."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.media.geometry import resize

_SMALLEST_CROP = 0.5
"""A random crop's side, as a share of the shorter side of the picture, is at least this."""


def generator(*parts: str | int) -> np.random.Generator:
    """A random generator that depends on ``parts`` alone: not on order, process or Python's hash seed."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A square of a picture, in shares of what is possible there, so that it fits pictures of any size alike.

    Attributes:
        scale: side of the square / shorter side of the picture.
        down, right: place, 0 = top or left edge, 1 = bottom or right edge.
        mirrored: whether left and right are swapped.
        whole: the whole picture instead, squeezed into the square.
    """

    scale: float = 1.0
    down: float = 0.5
    right: float = 0.5
    mirrored: bool = False
    whole: bool = False

    @staticmethod
    def random(random: np.random.Generator, *, mirrorable: bool) -> Frame:
        """A random crop, mirrored half of the time where that is allowed."""
        scale = float(random.uniform(_SMALLEST_CROP, 1.0))
        down, right = (float(place) for place in random.random(2))
        mirrored = bool(random.random() < 0.5)
        return Frame(scale, down, right, mirrored and mirrorable)

    def window(self, height: int, width: int) -> Window:
        """The part of a picture of this size that is shown."""
        if self.whole:
            return Window(0, 0, height, width)
        side = max(1, round(self.scale * min(height, width)))
        # Rounded down as center_square does, so that the frame by default is the same square.
        return Window(int(self.down * (height - side)), int(self.right * (width - side)), side, side)

    def cut(self, clip: Clip, size: int, resample: Literal["bicubic", "nearest"]) -> Clip:
        """The frame of ``clip`` ``[T, H, W, 3]``, as ``[T, size, size, 3]``."""
        window = self.window(*clip.shape[1:3])
        part = clip[:, window.top : window.top + window.height, window.left : window.left + window.width]
        resized = resize(part, (size, size), resample)
        return np.ascontiguousarray(resized[:, :, ::-1] if self.mirrored else resized)

    def pick(self, values: NDArray[Any], size: int, *, axes: tuple[int, int] = (0, 1)) -> NDArray[Any]:
        """The frame of an array of any type, ``size`` long on both ``axes`` (rows, columns).

        Each pixel takes the value at its centre: values of two objects are never mixed. What the values say of
        directions and lengths in the picture (flow, normals) stays as it is.
        """
        height, width = values.shape[axes[0]], values.shape[axes[1]]
        window = self.window(height, width)
        # The pixel that holds each centre, in whole numbers: a centre between two pixels falls to the later one always.
        centres = 2 * np.arange(size) + 1
        rows = window.top + centres * window.height // (2 * size)
        columns = window.left + centres * window.width // (2 * size)
        if self.mirrored:
            columns = columns[::-1]
        return np.take(np.take(values, rows, axis=axes[0]), columns, axis=axes[1])

    def zoom(self, height: int, width: int, size: int) -> tuple[float, float]:
        """How much longer (down, across) a length in a picture of this size becomes when it is cut to ``size``."""
        window = self.window(height, width)
        return size / window.height, size / window.width

    def move(self, places: NDArray[np.floating], picture_size: tuple[int, int], size: int) -> NDArray[np.float32]:
        """Where places ``[..., 2]`` (x, y) in a picture of ``picture_size`` (height, width) lie in the frame.

        Places outside come to lie outside 0 .. ``size``.
        """
        window = self.window(*picture_size)
        down, across = self.zoom(*picture_size, size)
        x = (places[..., 0] - window.left) * across
        y = (places[..., 1] - window.top) * down
        if self.mirrored:
            x = size - x
        return np.stack([x, y], axis=-1).astype(np.float32)
