"""The codec of depth: inverse depth as a gray picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_geometry.averages import mean_of_known, weighted_mean
from lavin_geometry.files import frame_paths, save_array, with_added_suffix
from lavin_geometry.following import follow_scale_and_shift
from lavin_geometry.nearest_valid import fill_from_nearest_valid
from lavin_geometry.predictions import depth_predictions
from lavincli.abilities import Follower
from lavincli.clip import Clip, Pair
from lavincli.media.images import save_pillow
from lavincli.views.color_maps import inferno
from lavincli.views.painting import blend, with_scale_bar

if TYPE_CHECKING:
    from lavincli.cards.framing import Frame
    from lavincli.prediction_files import Reader

InverseDepth = NDArray[np.float32]
"""``float32 [H, W]`` or ``[T, H, W]``, 1 / metres or relative, NaN = not known."""

_MIDDLE = 0.5
"""What is drawn where nothing is known, or everything is equally far: neither near nor far."""


class InverseDepthCodec:
    """``float32 [H, W]`` or ``[T, H, W]`` <-> gray picture, the nearest and the farthest point white and black.

    The range is that of the picture, or of the whole clip, over the pixels that are known; the others are drawn as the
    nearest known pixel. Scale and shift are lost in this, so what `decode` gives is relative: 1 near, 0 far.

    Args:
        near_is_white: near white and far black, as for stills in the LaVin-DiT paper; False: the other way round, as
            for its clips. What `decode` gives is the same inverse depth either way.
    """

    resample = "bicubic"
    mirrorable = True

    def __init__(self, *, near_is_white: bool = True) -> None:
        self.near_is_white = near_is_white

    def render(self, value: InverseDepth) -> Clip:
        """Inverse depth -> ``uint8 [T, H, W, 3]``. Raises ValueError for another shape."""
        if value.ndim not in (2, 3):
            raise ValueError(f"inverse depth is [H, W] or [T, H, W], not {list(value.shape)}")
        frames = np.asarray(value, dtype=np.float32).reshape(-1, *value.shape[-2:])
        relative = fill_from_nearest_valid(_relative(frames), np.isfinite(frames), otherwise=_MIDDLE)
        if not self.near_is_white:
            relative = 1 - relative
        gray = np.floor(relative * 255 + 0.5).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=3)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> InverseDepth:
        """The mean of the channels, in 0..1 (1 = near); ``[H, W]`` for one frame, else ``[T, H, W]``."""
        del context, query
        gray: InverseDepth = rgb.mean(axis=3, dtype=np.float32) / np.float32(255)
        relative = gray if self.near_is_white else 1 - gray
        return relative[0] if len(relative) == 1 else relative

    def save(self, value: InverseDepth, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.npy`` (float32, as it is) and 16-bit PNGs to look at, near white.

        The PNG of a still is ``<path>.png``, those of a clip are ``<path>/00000.png`` and so on. They hold 0..1 as
        0..65535; values beyond 1 (of a truth in 1 / metres) are scaled so that the largest one fits. Not known is 0.
        """
        array = with_added_suffix(path_without_suffix, ".npy")
        save_array(array, np.asarray(value, dtype=np.float32))
        frames = value.reshape(-1, *value.shape[-2:])
        known = np.nan_to_num(frames, nan=0.0, posinf=0.0, neginf=0.0)
        levels = np.clip(known / max(1.0, float(known.max())), 0, 1) * 65535
        pictures = frame_paths(path_without_suffix, ".png", None if value.ndim == 2 else len(value))
        for path, frame in zip(pictures, np.floor(levels + 0.5).astype(np.uint16), strict=True):
            save_pillow(path, Image.fromarray(frame))
        return [array, *pictures]

    def read_predictions(self, folder: Path, *, values: str = "inverse_depth") -> Reader:
        """See `lavin_geometry.predictions.depth_predictions`."""
        return depth_predictions(folder, values=values)

    def trivial_answers(self, shape: tuple[int, ...]) -> dict[str, Clip]:
        """A plane that is nowhere nearer, ``uint8 [T, H, W, 3]``."""
        return {"constant_plane": np.full(shape, 128, dtype=np.uint8)}

    def cut(self, value: InverseDepth, frame: Frame, size: int) -> InverseDepth:
        """The part inside ``frame``, ``[size, size]`` or ``[T, size, size]``; depths stay what they are."""
        return frame.pick(value, size, axes=(value.ndim - 2, value.ndim - 1))

    # ---- views, ensembles, videos ----

    def inverse_depth(self, value: InverseDepth) -> InverseDepth:
        """``[T, H, W]``, limited to 0..1."""
        return np.clip(value.reshape(-1, *value.shape[-2:]), 0, 1)

    def in_colors(self, value: InverseDepth) -> Clip:
        """Near light and far dark, with a scale."""
        return with_scale_bar(inferno(self.inverse_depth(value)), "near", "far")

    def draw_on(self, photo: Clip, value: InverseDepth) -> Clip:
        """The colours of `in_colors` over the photo's gray."""
        return blend(photo, inferno(self.inverse_depth(value)))

    def average(self, values: Sequence[InverseDepth]) -> InverseDepth:
        """The mean of what is known."""
        return mean_of_known(values)

    def redraw(self, value: InverseDepth) -> Clip:
        """0..1 as it is, not stretched to its range; not known is drawn as half way."""
        relative = np.nan_to_num(self.inverse_depth(value), nan=_MIDDLE)
        gray = np.floor((relative if self.near_is_white else 1 - relative) * 255 + 0.5).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=3)

    def split(self, value: InverseDepth) -> list[InverseDepth]:
        """A map for each frame."""
        return list(value.reshape(-1, *value.shape[-2:]))

    def follower(self) -> Follower:
        """Each window is drawn from its own nearest to its own farthest point: scale and shift follow."""
        return follow_scale_and_shift

    def crossfade(self, before: InverseDepth, after: InverseDepth, weight: float) -> InverseDepth:
        """The weighted mean."""
        return weighted_mean(before, after, weight)


def _relative(frames: InverseDepth) -> InverseDepth:
    """Scaled so that what is known spans 0..1."""
    known = frames[np.isfinite(frames)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if high <= low:
        return np.where(np.isfinite(frames), np.float32(_MIDDLE), frames)
    return ((frames.astype(np.float64) - low) / (high - low)).astype(np.float32)
