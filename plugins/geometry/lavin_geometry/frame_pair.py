"""The codec of two frames: the input of optical flow between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lavin_geometry.files import frame_paths
from lavincli.clip import Clip, Pair
from lavincli.media.images import write_image

if TYPE_CHECKING:
    from lavincli.cards.framing import Frame

_REPEATS = 4
"""The ST-VAE keeps the first frame of a clip in a latent of its own, and each four that follow in one."""


class FramePairCodec:
    """Two frames ``uint8 [2, H, W, 3]`` <-> a clip of five: the first frame, then the second four times.

    Each of the two frames is a latent frame of its own then.
    """

    resample = "bicubic"
    mirrorable = True
    pictures = True
    frames_of_query = 2

    def render(self, value: Clip) -> Clip:
        """Two frames -> ``uint8 [5, H, W, 3]``. Raises ValueError if there aren't two."""
        if value.dtype != np.uint8 or value.ndim != 4 or value.shape[0] != 2 or value.shape[3] != 3:
            raise ValueError(f"a pair of frames is uint8 [2, H, W, 3], not {value.dtype} {list(value.shape)}")
        return np.concatenate([value[:1], np.repeat(value[1:], _REPEATS, axis=0)])

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Clip:
        """The first frame, and the mean of the other four. Raises ValueError if there aren't five."""
        del context, query
        if rgb.shape[0] != 1 + _REPEATS:
            raise ValueError(f"a pair of frames is drawn as {1 + _REPEATS} frames, not {rgb.shape[0]}")
        second = np.floor(rgb[1:].mean(axis=0, keepdims=True, dtype=np.float32) + 0.5).astype(np.uint8)
        return np.concatenate([rgb[:1], second])

    def save(self, value: Clip, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>/00000.png`` and ``<path>/00001.png``."""
        paths = frame_paths(path_without_suffix, ".png", len(value))
        for path, picture in zip(paths, value, strict=True):
            write_image(path, picture[None])
        return paths

    def cut(self, value: Clip, frame: Frame, size: int) -> Clip:
        """The part inside ``frame`` of both, ``uint8 [2, size, size, 3]``."""
        return frame.cut(value, size, "bicubic")
