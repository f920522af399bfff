"""The codec of masks: one solid colour on black."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_recognition.predictions import mask_predictions
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.media.images import save_pillow
from lavincli.prediction_files import Reader
from lavincli.views.color_maps import distinct_color
from lavincli.views.painting import tint

Mask = NDArray[np.bool_]
"""``bool [H, W]``, True on the object."""

_LIT = 48
"""A pixel of a context target belongs to the object if its brightest channel is above this."""


class ColorMaskCodec:
    """``bool [H, W]`` <-> a solid colour on black.

    Args:
        color: RGB of the object, 0..255; what is drawn, and what decode expects where no context shows another.
    """

    resample = "nearest"
    answer_resample = "bicubic"  # decode asks which colour is nearer, so mixed ones do no harm
    mirrorable = True

    def __init__(self, *, color: Sequence[int] = (255, 255, 255)) -> None:
        if len(color) != 3 or not all(0 <= channel <= 255 for channel in color) or max(color) <= _LIT:
            raise ValueError(f"color is [red, green, blue] in 0..255 and not nearly black, not {list(color)}")
        self.color = np.asarray(color, dtype=np.uint8)

    def render(self, value: Mask) -> Clip:
        """Mask -> ``uint8 [1, H, W, 3]``. Raises ValueError if it is not ``bool [H, W]``."""
        if value.ndim != 2 or value.dtype != np.bool_:
            raise ValueError(f"a mask is bool [H, W], not {value.dtype} {list(value.shape)}")
        return (value[None, :, :, None] * self.color).astype(np.uint8)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Mask:
        """Where ``uint8 [1, H, W, 3]`` is nearer to the context's colour than to black."""
        del query
        if rgb.shape[0] != 1:
            raise ValueError(f"masks are stills, not clips of {rgb.shape[0]} frames")
        color = self._color_of(context)
        # Nearer to the colour than to black: beyond the middle of the way from one to the other.
        mask: Mask = rgb[0].astype(np.float64) @ color > color @ color / 2
        return mask

    def cut(self, value: Mask, frame: Frame, size: int) -> Mask:
        """The part inside ``frame``; each pixel takes the value at its centre."""
        return frame.pick(value, size)

    def draw_on(self, photo: Clip, value: Mask) -> Clip:
        """The object half under a colour, with an outline."""
        return tint(photo, value[None], distinct_color(1))

    def masks(self, value: Mask) -> Iterator[tuple[int, Mask]]:
        """The one object, if any pixel belongs to it."""
        if value.any():
            yield 1, value[None]

    def average(self, values: Sequence[Mask]) -> Mask:
        """What more than half of them say."""
        mask: Mask = 2 * np.sum(values, axis=0) > len(values)
        return mask

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_recognition.predictions.mask_predictions`."""
        return mask_predictions(folder)

    def save(self, value: Mask, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.png``, 8-bit gray, 255 on the object."""
        path = path_without_suffix.with_name(path_without_suffix.name + ".png")
        save_pillow(path, Image.fromarray(value.astype(np.uint8) * 255))
        return [path]

    def _color_of(self, context: Sequence[Pair]) -> NDArray[np.float64]:
        pixels = [pair.target[pair.target.max(axis=3) > _LIT] for pair in context]
        lit = np.concatenate(pixels) if pixels else np.zeros((0, 3))
        color = np.median(lit, axis=0) if len(lit) else self.color
        return np.asarray(color, dtype=np.float64)
