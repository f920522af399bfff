"""The codec of edge maps: thin light edges on black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_recognition.thinning import suppress_non_maxima
from lavincli.clip import Clip, Pair
from lavincli.media.images import save_pillow

EdgeMap = NDArray[np.float32]
"""How sure an edge is, ``float32 [H, W]`` in 0..1."""


class EdgeMapCodec:
    """``float32 [H, W]`` in 0..1 <-> gray picture.

    Args:
        thin: decode keeps only the ridges of the map, so that a threshold gives thin lines.
    """

    resample = "bicubic"
    mirrorable = True

    def __init__(self, *, thin: bool = False) -> None:
        self.thin = thin

    def render(self, value: EdgeMap) -> Clip:
        """Edge map (float in 0..1, or bool) -> ``uint8 [1, H, W, 3]``. Raises ValueError for another shape."""
        if value.ndim != 2:
            raise ValueError(f"an edge map is [H, W], not {list(value.shape)}")
        gray = np.clip(value.astype(np.float32) * 255 + 0.5, 0, 255).astype(np.uint8)
        return np.repeat(gray[None, :, :, None], 3, axis=3)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> EdgeMap:
        """The mean of the channels of ``uint8 [1, H, W, 3]``, in 0..1."""
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"edge maps are stills, not clips of {rgb.shape[0]} frames")
        edges: EdgeMap = (rgb[0].astype(np.float32).mean(axis=2) / np.float32(255)).astype(np.float32)
        return suppress_non_maxima(edges) if self.thin else edges

    def save(self, value: EdgeMap, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.png``, 8-bit gray."""
        path = path_without_suffix.with_name(path_without_suffix.name + ".png")
        save_pillow(path, Image.fromarray(self.render(value)[0, :, :, 0]))
        return [path]
