"""Pictures on surfaces, from image files."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lavin_scenes.materials.flat import unfold
from lavin_scenes.vectors import Floats, vector
from lavincli.media.geometry import center_square, resize
from lavincli.media.images import read_image

_SIDE = 128
_KEPT = 128
"""Pictures that a process keeps in memory, about 260 KB each."""


@functools.lru_cache(maxsize=_KEPT)
def _pyramid(path: Path) -> list[Floats]:
    """Linear RGB ``[side, side, 3]`` of the centred square, at 128 pixels and each time half as many, down to one."""
    square = center_square(read_image(path))
    levels = [resize(square, (_SIDE >> level, _SIDE >> level)) for level in range(8)]
    return [vector((clip[0] / 255) ** 2.2) for clip in levels]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The centred square of an image, repeated and each time mirrored, so that it has no seams.

    Attributes:
        path: the file; it is read when it is first looked at, and raises InputError if it is damaged.
        scale: side of the square in metres.
        place: (across, up) of its middle.
    """

    path: Path
    scale: float
    place: tuple[float, float] = (0.0, 0.0)

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """See `Pattern`."""
        along, across = unfold(points, normals)
        levels = _pyramid(self.path)
        # The level whose pixels are about as large as those of the view.
        wanted = np.log2(np.maximum(footprint * np.float32(_SIDE / self.scale), 1))
        level = np.minimum(np.rint(wanted).astype(np.int32), len(levels) - 1)
        colors = np.empty((3, points.shape[1]), dtype=np.float32)
        for number in np.unique(level):
            chosen = np.nonzero(level == number)[0]
            x = _mirrored((along[chosen] - np.float32(self.place[0])) / np.float32(self.scale) + np.float32(0.5))
            y = _mirrored(np.float32(0.5) - (across[chosen] - np.float32(self.place[1])) / np.float32(self.scale))
            colors[:, chosen] = _bilinear(levels[int(number)], x, y)
        return colors


def _mirrored(place: Floats) -> Floats:
    """0..1 forth and back."""
    there: Floats = 1 - np.abs(np.mod(place, 2) - 1)
    return there


def _bilinear(image: Floats, x: Floats, y: Floats) -> Floats:
    side = image.shape[0]
    column = np.clip(x * side - np.float32(0.5), 0, side - 1)
    row = np.clip(y * side - np.float32(0.5), 0, side - 1)
    left, top = np.minimum(column.astype(np.int32), side - 2), np.minimum(row.astype(np.int32), side - 2)
    right, down = (column - left)[:, None], (row - top)[:, None]
    upper = image[top, left] * (1 - right) + image[top, left + 1] * right
    lower = image[top + 1, left] * (1 - right) + image[top + 1, left + 1] * right
    mixed: Floats = (upper * (1 - down) + lower * down).T
    return mixed
