"""Points in a picture: the native value, and its codec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lavincli.atomic import atomic_write_json
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points in one picture.

    Attributes:
        places: ``float32 [N, 2]``: x to the right, y down, in pixels; (0.5, 0.5) is the centre of the first pixel.
        size: height and width of the picture.
    """

    places: NDArray[np.float32]
    size: tuple[int, int]


class PointsCodec:
    """`Points` <-> white discs on black.

    Args:
        radius: of a disc, as a share of the picture's height; at least 1.5 pixels are drawn.
    """

    mirrorable = True

    def __init__(self, *, radius: float = 0.03) -> None:
        if not 0 < radius < 0.5:
            raise ValueError(f"radius is a share of the picture's height below 0.5, not {radius}")
        self.radius = radius

    def render(self, value: Points) -> Clip:
        """`Points` -> ``uint8 [1, H, W, 3]``."""
        light = np.zeros(value.size)
        for place in value.places:
            light = np.maximum(light, cover(place, radius=max(1.5, self.radius * value.size[0]), size=value.size))
        return np.repeat((light * 255 + 0.5).astype(np.uint8)[None, :, :, None], 3, axis=3)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Points:
        """``uint8 [1, H, W, 3]`` -> the centres of its light spots.

        A model's answer is never exact: spots are what is lighter than the middle gray, whatever their shape.
        """
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"points are in stills, not in clips of {rgb.shape[0]} frames")
        light = rgb[0].mean(axis=2)
        spots, count = ndimage.label(light > 127)
        centres = ndimage.center_of_mass(light, spots, range(1, count + 1))
        places = np.array(centres, dtype=np.float32).reshape(-1, 2)[:, ::-1] + 0.5
        return Points(places, (rgb.shape[1], rgb.shape[2]))

    def save(self, value: Points, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.json``: the count, and x and y of each point."""
        path = path_without_suffix.with_name(path_without_suffix.name + ".json")
        atomic_write_json(path, {"count": len(value.places), "places": value.places.astype(float).round(2).tolist()})
        return [path]

    def cut(self, value: Points, frame: Frame, size: int) -> Points:
        """The points inside a part of the picture; with it discs keep their size when pictures are cut and resized."""
        places = frame.move(value.places, value.size, size)
        inside = ((places >= 0) & (places < size)).all(axis=1)
        return Points(places[inside], (size, size))


def cover(place: NDArray[np.floating], *, radius: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """How much of each pixel a disc covers, ``float64 [H, W]`` in 0..1, with smooth edges."""
    rows, columns = np.indices(size) + 0.5
    covered: NDArray[np.float64] = np.clip(radius + 0.5 - np.hypot(columns - place[0], rows - place[1]), 0, 1)
    return covered
