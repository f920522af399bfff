"""The codec of boxes: an unfilled rectangle each, in a colour of its own, on black."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_cut import cut_boxes
from lavin_recognition.boxes_drawing import draw_outlines
from lavin_recognition.boxes_fusion import fuse_boxes
from lavin_recognition.boxes_reading import read_outlines
from lavin_recognition.boxes_views import box_masks, draw_boxes_on
from lavin_recognition.coco_detection_results import write_boxes
from lavin_recognition.predictions import box_predictions
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.natives import Boxes
from lavincli.prediction_files import Reader


class BoxesCodec:
    """`Boxes` <-> outlines on black, 2 pixels wide in a picture of 256, in vivid colours told apart by their hue.

    Outlines are drawn inside their boxes with smooth edges, smaller boxes over larger ones; crowds are not drawn.

    Args:
        least_score: answers with less line support than this are left out.
    """

    resample = "bicubic"
    mirrorable = True

    def __init__(self, *, least_score: float = 0.5) -> None:
        if not 0 <= least_score <= 1:
            raise ValueError(f"least_score is a share from 0 to 1, not {least_score}")
        self._least_score = least_score

    def render(self, value: Boxes) -> Clip:
        """``uint8 [1, H, W, 3]`` of the boxes' size. The colours depend on the boxes alone."""
        return draw_outlines(value)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Boxes:
        """The outlines in ``uint8 [1, H, W, 3]`` as boxes, surest first.

        A score is line support: the share of the outline that is lit, where another box's colour counts three quarters.
        Raises ValueError for a clip of several frames.
        """
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"boxes are stills, not clips of {rgb.shape[0]} frames")
        return read_outlines(rgb[0], self._least_score)

    def cut(self, value: Boxes, frame: Frame, size: int) -> Boxes:
        """The boxes inside ``frame``, clipped; those of which less than a fifth is left are dropped."""
        return cut_boxes(value, frame, size)

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_recognition.predictions.box_predictions`."""
        return box_predictions(folder)

    def save(self, value: Boxes, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.json``: a list in COCO's format of results, which ``COCO.loadRes`` reads.

        The id of the image is the number in the file's name if the name is one (``000000000139``), else the name.
        Boxes have one category, 1.
        """
        return [write_boxes(value, path_without_suffix)]

    def draw_on(self, photo: Clip, value: Boxes) -> Clip:
        """An outline and a score for each box."""
        return draw_boxes_on(photo, value)

    def masks(self, value: Boxes) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """The inside of each box, surest first."""
        return box_masks(value)

    def average(self, values: Sequence[Boxes]) -> Boxes:
        """Boxes that overlap become one; see `lavin_recognition.boxes_fusion`."""
        return fuse_boxes(values)
