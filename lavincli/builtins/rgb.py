"""The codec of plain pictures: the native value is the clip itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lavincli.builtins.color import lab_to_rgb, rgb_to_lab
from lavincli.builtins.hole import find_hole
from lavincli.clip import Clip, Pair
from lavincli.errors import InputError
from lavincli.media.geometry import resize
from lavincli.media.images import write_image

_HOLE_TOLERANCE = 3
"""A query that went through JPEG or a resize has a hole that is not exactly mid-gray."""


class RGBCodec:
    """Pictures as pictures: ``uint8 [T, H, W, 3]`` both ways.

    Args:
        keep_luminance: decode keeps the query's luminance (L of CIELAB) and takes only the colours (a, b) from the
            prediction; the result has the query's size, so a small prediction can colour a large photo.
        paste_known: decode takes everything outside the query's mid-gray square from the query, at the query's size.

    Both join an answer with its query, so they do nothing in a `decode` without one (of a truth, say). They are off by
    default, so that scores measure the model alone.
    """

    resample = "bicubic"
    mirrorable = True
    pictures = True

    def __init__(self, *, keep_luminance: bool = False, paste_known: bool = False) -> None:
        self.keep_luminance = keep_luminance
        self.paste_known = paste_known

    def render(self, value: Clip) -> Clip:
        """The clip as it is. Raises ValueError if it is not ``uint8 [T, H, W, 3]``."""
        if value.dtype != np.uint8 or value.ndim != 4 or value.shape[3] != 3:
            raise ValueError(f"a clip is uint8 [T, H, W, 3], not {value.dtype} {list(value.shape)}")
        return value

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Clip:
        """The clip as it is, or joined with ``query`` as the options say.

        Raises InputError if the query has another number of frames, or no mid-gray square to paste around.
        """
        del context
        if query is None or not (self.keep_luminance or self.paste_known):
            return rgb
        if query.shape[0] != rgb.shape[0]:
            raise InputError(f"an answer of {rgb.shape[0]} frames can't be joined with a query of {query.shape[0]}")
        joined = resize(rgb, (query.shape[1], query.shape[2]))
        if self.keep_luminance:
            lab = rgb_to_lab(joined)
            lab[..., 0] = rgb_to_lab(query)[..., 0]
            joined = lab_to_rgb(lab)
        if self.paste_known:
            hole = find_hole(query, tolerance=_HOLE_TOLERANCE)
            if hole is None:
                raise InputError("paste_known: the query has no mid-gray (127) square to fill in")
            joined = np.where(hole[..., None], joined, query)
        return joined

    def average(self, values: Sequence[Clip]) -> Clip:
        """The mean picture, rounded."""
        mean = np.mean(np.stack(values), axis=0, dtype=np.float32)
        clip: Clip = np.floor(mean + 0.5).astype(np.uint8)
        return clip

    def save(self, value: Clip, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.png``, or for a clip of several frames ``<path>/00000.png`` and so on."""
        if value.shape[0] == 1:
            paths = [path_without_suffix.with_name(path_without_suffix.name + ".png")]
        else:
            paths = [path_without_suffix / f"{index:05d}.png" for index in range(value.shape[0])]
        for path, frame in zip(paths, value, strict=True):
            write_image(path, frame[None])
        return paths
