"""Views that are pictures: the answer itself, drawn on its photo, in colours for the eye, beside its query."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final

import numpy as np

from lavincli.abilities import ColorMapped, Drawable
from lavincli.blocks import Codec
from lavincli.clip import Clip
from lavincli.media.images import write_image
from lavincli.media.video import write_video
from lavincli.views.view import Shown, fitted

_GAP: Final = 4
"""Pixels of white between pictures beside each other."""


class _Picture(ABC):
    """Writes what `picture` gives as ``<path>.png``, or ``<path>.mp4`` where there are several frames."""

    def needs(self, codec: Codec) -> str | None:
        """Every codec has a picture."""
        del codec
        return None

    @abstractmethod
    def picture(self, shown: Shown) -> Clip:
        """See `PictureView`."""

    def save(self, shown: Shown, path_without_suffix: Path) -> list[Path]:
        """Write the picture or the video."""
        clip = self.picture(shown)
        suffix = ".png" if len(clip) == 1 else ".mp4"
        path = path_without_suffix.with_name(path_without_suffix.name + suffix)
        if len(clip) == 1:
            write_image(path, clip)
        else:
            write_video(path, clip, frames_per_second=shown.options.frames_per_second)
        return [path]


class RGB(_Picture):
    """The picture as the model drew it, at the size of the answer."""

    def picture(self, shown: Shown) -> Clip:
        """The answer's own picture."""
        return shown.rgb


class Overlay(_Picture):
    """The answer drawn on its photo."""

    def needs(self, codec: Codec) -> str | None:
        """The codec must be `Drawable`."""
        return None if isinstance(codec, Drawable) else "draw_on"

    def picture(self, shown: Shown) -> Clip:
        """The photo with the answer on it."""
        assert isinstance(shown.codec, Drawable)
        return shown.codec.draw_on(shown.photo, shown.value)


class Color(_Picture):
    """The answer in colours for the eye."""

    def needs(self, codec: Codec) -> str | None:
        """The codec must be `ColorMapped`."""
        return None if isinstance(codec, ColorMapped) else "in_colors"

    def picture(self, shown: Shown) -> Clip:
        """What the codec makes of the value."""
        assert isinstance(shown.codec, ColorMapped)
        return shown.codec.in_colors(shown.value)


class SideBySide(_Picture):
    """Query | answer, | truth where it is known; one above the other where they are wider than high."""

    def picture(self, shown: Shown) -> Clip:
        """All at the answer's size, with white between them."""
        parts = [shown.photo, shown.rgb]
        if shown.truth is not None:
            parts.append(fitted(shown.truth, shown.rgb))
        frames, height, width = shown.rgb.shape[:3]
        axis = 1 if width > 2 * height else 2
        gap = np.full((frames, _GAP, width, 3) if axis == 1 else (frames, height, _GAP, 3), 255, dtype=np.uint8)
        joined = [parts[0]]
        for part in parts[1:]:
            joined += [gap, part]
        return np.concatenate(joined, axis=axis)
