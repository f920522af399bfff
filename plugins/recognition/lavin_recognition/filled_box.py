"""The codec of single objects: a filled white box on black."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lavin_recognition.boxes_cut import cut_boxes
from lavin_recognition.boxes_fusion import fuse_boxes
from lavin_recognition.boxes_views import box_masks, draw_boxes_on
from lavin_recognition.coco_detection_results import write_boxes
from lavin_recognition.panoptic_colors import LUMA
from lavin_recognition.predictions import box_predictions
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.natives import Boxes
from lavincli.prediction_files import Reader

_LEAST_PIXELS: Final = 4
"""A smaller spot is no box."""


class FilledBoxCodec:
    """`Boxes` <-> filled white boxes on black, with smooth edges; one is read, that of the largest white part.

    All boxes given are drawn, but crowds: whoever wants one hands over one.
    """

    resample = "bicubic"
    mirrorable = True

    def render(self, value: Boxes) -> Clip:
        """``uint8 [1, H, W, 3]``; a pixel is as light as the share of it that is covered."""
        height, width = value.size
        cover = np.zeros((height, width))
        for (left, top, across, down), crowd in zip(value.xywh.astype(np.float64), value.crowd, strict=True):
            if not crowd:
                box = np.outer(_cover(height, top, top + down), _cover(width, left, left + across))
                cover = np.maximum(cover, box)
        gray = (cover * 255 + 0.5).astype(np.uint8)
        return np.repeat(gray[None, :, :, None], 3, axis=3)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Boxes:
        """The box of the largest white part of ``uint8 [1, H, W, 3]``, or none.

        Its edges lie where the gray at its border says. The score is the share of the box that is white.
        Raises ValueError for a clip of several frames.
        """
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"boxes are stills, not clips of {rgb.shape[0]} frames")
        light: NDArray[np.float64] = rgb[0] @ LUMA / 255
        size = (rgb.shape[1], rgb.shape[2])
        parts, count = ndimage.label(light >= 0.5)
        pixels = np.bincount(parts.ravel(), minlength=1)[1:]
        if not count or pixels.max() < _LEAST_PIXELS:
            return Boxes.of(np.zeros((0, 4), dtype=np.float32), size)
        part = int(np.argmax(pixels)) + 1
        rows, columns = ndimage.find_objects(parts)[part - 1]
        top, bottom = _edges(light[:, columns], rows)
        left, right = _edges(light[rows].T, columns)
        xywh = np.array([[left, top, right - left, bottom - top]], dtype=np.float32)
        return Boxes.of(xywh, size, scores=np.array([(parts[rows, columns] == part).mean()]))

    def cut(self, value: Boxes, frame: Frame, size: int) -> Boxes:
        """The boxes inside ``frame``, clipped; those of which less than a fifth is left are dropped."""
        return cut_boxes(value, frame, size)

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_recognition.predictions.box_predictions`."""
        return box_predictions(folder)

    def save(self, value: Boxes, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.json``, in COCO's format of results: a list of at most one box, of category 1."""
        return [write_boxes(value, path_without_suffix)]

    def draw_on(self, photo: Clip, value: Boxes) -> Clip:
        """The box and its score."""
        return draw_boxes_on(photo, value)

    def masks(self, value: Boxes) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """The inside of the box."""
        return box_masks(value)

    def average(self, values: Sequence[Boxes]) -> Boxes:
        """The surest of the fused boxes."""
        fused = fuse_boxes(values)
        return Boxes.of(fused.xywh[:1], fused.size, scores=fused.scores[:1])


def _cover(length: int, start: float, stop: float) -> NDArray[np.float64]:
    """How much of each pixel of a row lies between two places."""
    return np.diff(np.arange(length + 1, dtype=np.float64).clip(start, max(start, stop)))


def _edges(light: NDArray[np.float64], inside: slice) -> tuple[float, float]:
    """Where a box begins and ends along the first axis of ``[N, M]``, to a part of a pixel.

    The median of each line across tells how light it is, whatever the part's outline does in a few places.
    """
    lines = np.median(light, axis=1)
    start, stop = inside.start, inside.stop
    full = max(float(np.median(lines[start:stop])), 0.5)
    share = (lines / full).clip(0, 1)
    # A few stray pixels may stick out of the box.
    solid = np.flatnonzero(share[start:stop] >= 0.5)
    if not len(solid):
        return float(start), float(stop)
    first, last = start + int(solid[0]), start + int(solid[-1])
    if last - first < 2:
        return float(first), float(last + 1)
    # Light of the pixels around an edge, out to two beyond it: the sum is where it lies, also if it is blurred.
    low = first + 2 - float(share[max(first - 2, 0) : first + 2].sum())
    high = last - 1 + float(share[last - 1 : last + 3].sum())
    return max(low, 0.0), min(high, float(len(lines)))
