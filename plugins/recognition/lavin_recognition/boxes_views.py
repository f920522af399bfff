"""Boxes on their photo, and as masks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.natives import Boxes
from lavincli.views.color_maps import distinct_color
from lavincli.views.painting import draw_boxes


def draw_boxes_on(photo: Clip, boxes: Boxes) -> Clip:
    """The photo with an outline and a score for each box, the surest on top."""
    order = np.argsort(boxes.scores, kind="stable")
    return draw_boxes(
        photo,
        boxes.xywh[order],
        [f"{score:.2f}" for score in boxes.scores[order]],
        [distinct_color(int(place) + 1) for place in order],
    )


def box_masks(boxes: Boxes) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The pixels whose centres each box covers, surest first."""
    height, width = boxes.size
    down, across = np.arange(height) + 0.5, np.arange(width) + 0.5
    for number, place in enumerate(np.argsort(-boxes.scores, kind="stable"), start=1):
        left, top, box_width, box_height = (float(edge) for edge in boxes.xywh[place])
        rows = (down >= top) & (down < top + box_height)
        columns = (across >= left) & (across < left + box_width)
        yield number, np.outer(rows, columns)[None]
