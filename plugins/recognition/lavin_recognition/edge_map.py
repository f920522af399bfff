"""The codec of edge maps: thin light edges on black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_recognition.thinning import suppress_non_maxima, thin
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.media.images import save_pillow
from lavincli.views.painting import blend, paint

EdgeMap = NDArray[np.float32 | np.bool_]
"""How sure an edge is, ``float32 [H, W]`` in 0..1; a truth also ``bool [A, H, W]``, what A people drew."""

_LINE_COLOR = (255, 48, 0)


class EdgeMapCodec:
    """``float32 [H, W]`` in 0..1 <-> gray picture. Several people's edges are drawn as their mean.

    Args:
        thin: decode keeps only the ridges of the map, so that a threshold gives thin lines.
    """

    resample = "bicubic"
    mirrorable = True

    def __init__(self, *, thin: bool = False) -> None:
        self.thin = thin

    def render(self, value: EdgeMap) -> Clip:
        """Edge map (float in 0..1, or bool; ``[H, W]`` or ``[A, H, W]``) -> ``uint8 [1, H, W, 3]``.

        Raises ValueError for another shape.
        """
        if value.ndim not in (2, 3) or len(value) == 0:
            raise ValueError(f"an edge map is [H, W], or [A, H, W] by A people, not {list(value.shape)}")
        mean = value.astype(np.float32) if value.ndim == 2 else value.mean(axis=0, dtype=np.float32)
        gray = np.clip(mean * 255 + 0.5, 0, 255).astype(np.uint8)
        return np.repeat(gray[None, :, :, None], 3, axis=3)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> NDArray[np.float32]:
        """The mean of the channels of ``uint8 [1, H, W, 3]``, in 0..1."""
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"edge maps are stills, not clips of {rgb.shape[0]} frames")
        edges: NDArray[np.float32] = (rgb[0].astype(np.float32).mean(axis=2) / np.float32(255)).astype(np.float32)
        return suppress_non_maxima(edges) if self.thin else edges

    def cut(self, value: EdgeMap, frame: Frame, size: int) -> EdgeMap:
        """The part inside ``frame``; lines stay whole and one pixel thin, however much smaller they become.

        A pixel takes the highest value of those it covers, so that no line has gaps; maps of 0 and 1 alone are thinned
        again after that.
        """
        window = frame.window(*value.shape[-2:])
        part = value[..., window.top : window.top + window.height, window.left : window.left + window.width]
        resized = _highest(_highest(part, size, -2), size, -1)
        if frame.mirrored:
            resized = resized[..., ::-1]
        if part.shape != resized.shape and bool(np.isin(resized, (0, 1)).all()):
            flat = resized.reshape(-1, size, size).astype(bool)
            resized = np.stack([thin(edges) for edges in flat]).astype(value.dtype).reshape(resized.shape)
        return np.ascontiguousarray(resized)

    def save(self, value: EdgeMap, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.png``, 8-bit gray."""
        path = path_without_suffix.with_name(path_without_suffix.name + ".png")
        save_pillow(path, Image.fromarray(self.render(value)[0, :, :, 0]))
        return [path]

    def in_colors(self, value: EdgeMap) -> Clip:
        """White on black."""
        return self.render(value)

    def draw_on(self, photo: Clip, value: EdgeMap) -> Clip:
        """Lines on the photo in gray, the surer the denser."""
        return paint(
            blend(photo, np.zeros_like(photo), 0.3), self.render(value)[..., 0].astype(np.float32) / 255, _LINE_COLOR
        )

    def average(self, values: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The mean: how many say that there is an edge, and how surely."""
        mean: NDArray[np.float32] = np.mean(np.stack(values), axis=0, dtype=np.float32)
        return mean


def _highest(values: NDArray[Any], size: int, axis: int) -> NDArray[Any]:
    """Bring one axis to ``size``: smaller by the highest of what falls into a pixel, larger by repeating."""
    length = values.shape[axis]
    if size >= length:
        repeated: NDArray[Any] = values.take((np.arange(size) * length) // size, axis=axis)
        return repeated
    # A pixel falls where its centre does; below its own length every new one gets at least one.
    places = ((2 * np.arange(length) + 1) * size) // (2 * length)
    highest: NDArray[Any] = np.maximum.reduceat(values, np.searchsorted(places, np.arange(size)), axis=axis)
    return highest
