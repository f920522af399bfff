"""The codec of objects followed through a clip: one colour an object on black."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_video.id_colors import fewest_pixels, find_colors
from lavin_video.id_follower import IdFollower
from lavin_video.id_pixels import assign_pixels
from lavin_video.palette import davis_palette, hls_palette, steady_color
from lavin_video.predictions import instance_predictions
from lavincli.abilities import Follower
from lavincli.builtins.linked_ids import voted
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.errors import InputError
from lavincli.media.images import save_pillow
from lavincli.prediction_files import Reader
from lavincli.views.painting import tint_objects

Instances = NDArray[np.int32]
"""``int32 [T, H, W]`` or ``[H, W]``: an id an object, the same in all frames; 0 = background, below 0 = not judged."""

_MOST_INDICES = 255
_LARGEST_ID = 65535


class VideoIdsCodec:
    """``int32 [T, H, W]`` (or ``[H, W]``) ids <-> a palette of evenly spread hues on black.

    The colours are Kubric's: hue (0.01 + i / n) mod 1 for the i-th of the clip's n ids in ascending order, lightness
    0.6, saturation 0.65. ``decode`` finds the colours of the whole clip at once, so that one colour is one id in all
    frames, and numbers them from 1 in the order of their hues: ids 1..n come back as they were.
    """

    resample = "nearest"
    answer_resample = "bicubic"  # decode tells mixed colours at borders from objects
    mirrorable = True

    def render(self, value: Instances) -> Clip:
        """Ids -> ``uint8 [T, H, W, 3]``. Raises ValueError if they are not integers of 2 or 3 axes."""
        if value.ndim not in (2, 3) or not np.issubdtype(value.dtype, np.integer):
            raise ValueError(f"ids are int32 [T, H, W] or [H, W], not {value.dtype} {list(value.shape)}")
        clip = value if value.ndim == 3 else value[None]
        ids, places = np.unique(clip, return_inverse=True)
        objects = ids > 0
        colors = np.zeros((len(ids), 3), dtype=np.uint8)
        colors[objects] = hls_palette(int(np.count_nonzero(objects)))
        picture: Clip = colors[places.reshape(clip.shape)]
        return picture

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Instances:
        """``uint8 [T, H, W, 3]`` -> ids ``int32 [T, H, W]``, or ``[H, W]`` for one frame."""
        del context, query
        colors = find_colors(rgb)
        ids = assign_pixels(rgb, colors)
        left = np.bincount(ids.ravel(), minlength=len(colors) + 1)[1:] >= fewest_pixels(rgb)
        if not left.all():  # a hue that was nothing but mixtures
            ids = assign_pixels(rgb, colors[left])
        return ids if rgb.shape[0] > 1 else ids[0]

    def cut(self, value: Instances, frame: Frame, size: int) -> Instances:
        """The ids inside ``frame``, ``size`` x ``size``."""
        cut: Instances = frame.pick(value, size, axes=(value.ndim - 2, value.ndim - 1))
        return np.ascontiguousarray(cut)

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_video.predictions.instance_predictions`."""
        return instance_predictions(folder)

    def save(self, value: Instances, path_without_suffix: Path) -> list[Path]:
        """Write indexed PNGs in DAVIS' palette, ``<path>/00000.png`` and so on; of one frame ``<path>.png``.

        A pixel's index is its object's id, in all files. A frame with an id above 255, as a long video may have, is a
        16-bit gray PNG. Raises InputError for an id above 65535.
        """
        if value.max(initial=0) > _LARGEST_ID:
            raise InputError(f"{path_without_suffix}: id {value.max()} doesn't fit into a PNG (at most {_LARGEST_ID})")
        indices = np.maximum(value, 0).astype(np.uint16)
        if value.ndim == 2:
            frames = {path_without_suffix.with_name(path_without_suffix.name + ".png"): indices}
        else:
            frames = {path_without_suffix / f"{number:05d}.png": frame for number, frame in enumerate(indices)}
        for path, frame in frames.items():
            image = Image.fromarray(frame)
            if frame.max(initial=0) <= _MOST_INDICES:
                image = Image.fromarray(frame.astype(np.uint8))
                image.putpalette(davis_palette().tobytes())
            save_pillow(path, image)
        return list(frames)

    # ---- views, ensembles, videos ----

    def draw_on(self, photo: Clip, value: Instances) -> Clip:
        """Each object half under the colour of its id, with an outline."""
        return tint_objects(photo, _clip(value))

    def in_colors(self, value: Instances) -> Clip:
        """The colours of DAVIS' palette, the same for the same id in every clip."""
        colors: Clip = davis_palette()[np.maximum(_clip(value), 0) % 256]
        return colors

    def masks(self, value: Instances) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Each object, by its id."""
        clip = _clip(value)
        for number in np.unique(clip[clip > 0]):
            yield int(number), clip == number

    def average(self, values: Sequence[Instances]) -> Instances:
        """What most say at each pixel, once the same objects have the same ids."""
        return voted(values)

    def redraw(self, value: Instances) -> Clip:
        """As `render` draws it, but each id in a colour that doesn't depend on which others there are."""
        clip = _clip(value)
        picture = np.zeros((*clip.shape, 3), dtype=np.uint8)
        for number in np.unique(clip[clip > 0]):
            picture[clip == number] = steady_color(int(number))
        return picture

    def split(self, value: Instances) -> list[Instances]:
        """The ids of each frame."""
        return list(_clip(value))

    def follower(self) -> Follower:
        """Objects keep their ids from window to window, by the overlap of their pixels (IoU); new ones get new ids."""
        return IdFollower()

    def crossfade(self, before: Instances, after: Instances, weight: float) -> Instances:
        """Ids can't be mixed: those of the window that counts more."""
        return after if weight >= 0.5 else before


def _clip(value: Instances) -> Instances:
    return value if value.ndim == 3 else value[None]
