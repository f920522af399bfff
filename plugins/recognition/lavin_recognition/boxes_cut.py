"""Boxes in a part of a picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.cards.framing import Frame
from lavincli.natives import Boxes

LEAST_SHARE: Final = 0.2
"""A box of which less than this share of its area is inside the frame is dropped: nobody could tell what it is."""


def cut_boxes(value: Boxes, frame: Frame, size: int) -> Boxes:
    """The boxes inside ``frame``, clipped to it, in pixels of a picture ``size`` x ``size``, mirrored if it is.

    Boxes of which less than a fifth is inside are dropped, crowds only if nothing of them is. What is left of a box
    has the same share of the object's pixels.
    """
    boxes, _ = cut_and_choose(value, frame, size)
    return boxes


def cut_and_choose(value: Boxes, frame: Frame, size: int) -> tuple[Boxes, NDArray[np.intp]]:
    """As `cut_boxes`, and the numbers of the boxes that were kept."""
    low, high = value.xywh[:, :2], value.xywh[:, :2] + value.xywh[:, 2:]
    first, second = frame.move(low, value.size, size), frame.move(high, value.size, size)
    low, high = np.minimum(first, second), np.maximum(first, second)
    whole = np.prod(high - low, axis=1)
    low, high = low.clip(0, size), high.clip(0, size)
    inside = np.prod(high - low, axis=1)
    share = np.where(whole > 0, inside / np.maximum(whole, np.finfo(np.float32).tiny), 0)
    kept = np.flatnonzero((inside > 0) & ((share >= LEAST_SHARE) | value.crowd))
    down, across = frame.zoom(*value.size, size)
    boxes = Boxes(
        xywh=np.concatenate([low, high - low], axis=1)[kept],
        size=(size, size),
        scores=value.scores[kept],
        areas=(value.areas * share * (down * across))[kept].astype(np.float32),
        crowd=value.crowd[kept],
    )
    return boxes, kept
