"""Sizes and shapes of clips: resizing, square crops, fitting and padding. Sizes are (height, width) in pixels."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from PIL import Image

from lavincli.clip import Clip

Resample = Literal["bicubic", "bilinear", "lanczos", "box", "nearest"]

_FILTERS: Final = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


def resize(clip: Clip, size: tuple[int, int], resample: Resample = "bicubic") -> Clip:
    """Resize ``[T, H, W, 3]`` to ``[T, *size, 3]``, frame by frame, with Pillow's filters.

    When shrinking, Pillow widens every filter but "nearest" to the scale, which is what other libraries call antialias.
    The aspect is not kept: see `fit_size`. Raises ValueError for a size below one pixel.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"a size is at least 1 x 1 pixel, not {height} x {width}")
    if clip.shape[1:3] == (height, width):
        return clip
    frames = [Image.fromarray(frame).resize((width, height), _FILTERS[resample]) for frame in clip]
    return np.stack([np.asarray(frame) for frame in frames])


def center_square(clip: Clip) -> Clip:
    """The largest centred square of ``[T, H, W, 3]``: ``[T, S, S, 3]`` with S = min(H, W). A view, not a copy."""
    side = min(clip.shape[1:3])
    return crop_center(clip, (side, side))


def fit_size(size: tuple[int, int], bounds: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same aspect as `size` inside `bounds`, never below one pixel."""
    height, width = size
    scale = min(bounds[0] / height, bounds[1] / width)
    return (
        min(bounds[0], max(1, round(height * scale))),
        min(bounds[1], max(1, round(width * scale))),
    )


def pad_center(clip: Clip, size: tuple[int, int], fill: tuple[int, int, int] = (0, 0, 0)) -> Clip:
    """Put ``[T, H, W, 3]`` into the middle of ``[T, *size, 3]`` filled with one colour.

    An odd remainder goes below and to the right, so `crop_center` undoes it. Raises ValueError if it doesn't fit.
    """
    height, width = clip.shape[1:3]
    if height > size[0] or width > size[1]:
        raise ValueError(f"{height} x {width} doesn't fit into {size[0]} x {size[1]}")
    padded = np.empty((clip.shape[0], *size, 3), dtype=np.uint8)
    padded[:] = np.asarray(fill, dtype=np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    padded[:, top : top + height, left : left + width] = clip
    return padded


def crop_center(clip: Clip, size: tuple[int, int]) -> Clip:
    """The centred ``[T, *size, 3]`` of ``[T, H, W, 3]``. A view, not a copy. Raises ValueError if it is larger."""
    height, width = clip.shape[1:3]
    if size[0] > height or size[1] > width:
        raise ValueError(f"{size[0]} x {size[1]} can't be cut from {height} x {width}")
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return clip[:, top : top + size[0], left : left + size[1]]
