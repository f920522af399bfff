"""Views that are data: the native value, cut-outs, point clouds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavincli.abilities import HasDepth, HasMasks
from lavincli.blocks import Codec
from lavincli.clip import Clip
from lavincli.media.images import save_pillow
from lavincli.views.point_cloud import depth_from_inverse, points_from_depth, write_ply
from lavincli.views.view import Shown


class Value:
    """The native value in the codec's own files."""

    def needs(self, codec: Codec) -> str | None:
        """Every codec can save."""
        del codec
        return None

    def save(self, shown: Shown, path_without_suffix: Path) -> list[Path]:
        """Whatever the codec writes."""
        return shown.codec.save(shown.value, path_without_suffix)


class Cutout:
    """Objects cut out of the photo, as PNGs with alpha, of the photo's size."""

    def needs(self, codec: Codec) -> str | None:
        """The codec must have masks."""
        return None if isinstance(codec, HasMasks) else "masks"

    def save(self, shown: Shown, path_without_suffix: Path) -> list[Path]:
        """``<path>.png`` for one object, ``<path>/001.png`` and so on for several, by their numbers; none for none.

        Of a clip each frame has its own, ``<path>/00000.png`` or ``<path>/00000/001.png``, without objects it lacks.
        """
        assert isinstance(shown.codec, HasMasks)
        found = shown.codec.masks(shown.value)
        start = [mask for _, mask in zip(range(2), found, strict=False)]
        several = len(start) > 1
        paths: list[Path] = []
        photo = shown.photo
        for number, mask in chain(start, found):
            for name, frame, pixels in _frames(path_without_suffix, photo, mask):
                if len(photo) > 1 and not pixels.any():
                    continue
                path = name / f"{number:03d}.png" if several else name.with_name(name.name + ".png")
                alpha = pixels.astype(np.uint8)[..., None] * np.uint8(255)
                save_pillow(path, Image.fromarray(np.concatenate([frame, alpha], axis=2)))
                paths.append(path)
        return sorted(paths)


class Points:
    """The photo as a cloud of coloured points in space."""

    def needs(self, codec: Codec) -> str | None:
        """The codec must have depth."""
        return None if isinstance(codec, HasDepth) else "inverse_depth"

    def save(self, shown: Shown, path_without_suffix: Path) -> list[Path]:
        """``<path>.ply``, of a clip ``<path>/00000.ply`` and so on."""
        assert isinstance(shown.codec, HasDepth)
        options = shown.options
        photo = shown.photo
        depth = depth_from_inverse(shown.codec.inverse_depth(shown.value), near=options.near, far=options.far)
        paths: list[Path] = []
        for name, frame, metres in _frames(path_without_suffix, photo, depth):
            places, colors = points_from_depth(metres, frame, fov=options.fov)
            path = name.with_name(name.name + ".ply")
            write_ply(
                path,
                places,
                colors,
                comment=f"pinhole camera, fov {options.fov:g} degrees across; nearest {options.near:g}, "
                f"farthest {options.far:g}; x right, y up, z backwards",
            )
            paths.append(path)
        return paths


def _frames(path: Path, photo: Clip, values: NDArray[Any]) -> Iterator[tuple[Path, NDArray[np.uint8], NDArray[Any]]]:
    """Name, photo and values of each frame; a still has the name of the whole."""
    for number, (frame, value) in enumerate(zip(photo, values, strict=True)):
        yield (path if len(photo) == 1 else path / f"{number:05d}"), frame, value
