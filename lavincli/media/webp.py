"""Pictures and clips as WebP, to be looked at: small, and without loss where that costs little."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from lavincli.clip import Clip
from lavincli.errors import InputError

_MILLISECONDS_A_FRAME: Final = 120
# Flat colours and thin lines take little more space without loss, and then show what was really there.
_LOSSLESS_WORTH: Final = 1.5
_HASTY_WORTH: Final = 3.0
_EFFORT: Final = 30


def encode_webp(clip: Clip, *, quality: int = 85) -> bytes:
    """``uint8 [T, H, W, 3]`` as a WebP file, an animation for several frames.

    It is written with `quality` (0 to 100), or without any loss where that takes at most half as much space again.
    Raises ValueError for another shape or type.
    """
    if clip.ndim != 4 or len(clip) < 1 or clip.shape[3] != 3 or clip.dtype != np.uint8:
        raise ValueError(f"a clip is uint8 [T, H, W, 3], not {clip.dtype} {list(clip.shape)}")
    lossy = _encoded(clip, quality=quality)
    # Encoding a photo without loss takes ten times as long: a hasty try tells whether it could be worth it.
    if len(_encoded(clip, quality=0, method=0, lossless=True)) > _HASTY_WORTH * len(lossy):
        return lossy
    lossless = _encoded(clip, quality=_EFFORT, lossless=True)
    return lossless if len(lossless) <= _LOSSLESS_WORTH * len(lossy) else lossy


def decode_webp(data: bytes, name: Path | str) -> Clip:
    """All frames of a WebP file as ``uint8 [T, H, W, 3]``; `name` is what an error calls them.

    Raises InputError, one line that names the file, if it is damaged or no WebP.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    except (UnidentifiedImageError, OSError, ValueError, EOFError) as error:
        raise InputError(f"{name}: is damaged or no WebP picture ({error}); make it again") from error


def _encoded(clip: Clip, *, quality: int, method: int = 4, lossless: bool = False) -> bytes:
    """A WebP file; without loss, the quality is how hard to try."""
    first, *others = [Image.fromarray(np.ascontiguousarray(frame)) for frame in clip]
    buffer = io.BytesIO()
    animation = {"save_all": True, "append_images": others, "duration": _MILLISECONDS_A_FRAME, "loop": 0}
    options = animation if others else {}
    first.save(buffer, "WEBP", lossless=lossless, quality=quality, method=method, **options)
    return buffer.getvalue()
