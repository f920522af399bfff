"""People in a part of a picture."""

from __future__ import annotations

import numpy as np

from lavincli.cards.framing import Frame
from lavincli.natives import MIRRORED_JOINTS, Boxes, People


def cut_people(value: People, frame: Frame, size: int) -> People:
    """The people inside ``frame``, in pixels of a picture ``size`` x ``size``; sides are swapped if it is mirrored.

    Joints outside become not given, and boxes are clipped. People are dropped who had joints and lost all of them, or
    whose box is outside. What is left of a box has the same share of the person's pixels.
    """
    moved = frame.move(value.joints[..., :2], value.size, size)
    inside = ((moved >= 0) & (moved <= size)).all(axis=2) & (value.joints[..., 2] > 0)
    joints = np.where(inside[..., None], np.concatenate([moved, value.joints[..., 2:]], axis=2), 0)
    if frame.mirrored:
        joints = joints[:, list(MIRRORED_JOINTS)]
    boxes = value.boxes
    corners = [
        frame.move(place, value.size, size) for place in (boxes.xywh[:, :2], boxes.xywh[:, :2] + boxes.xywh[:, 2:])
    ]
    low, high = np.minimum(*corners), np.maximum(*corners)
    whole = np.prod(high - low, axis=1)
    low, high = low.clip(0, size), high.clip(0, size)
    left = np.prod(high - low, axis=1)
    had, has = (value.joints[..., 2] > 0).any(axis=1), inside.any(axis=1)
    kept = has | (~had & (left > 0))
    # Of a box without extent everything is inside.
    share = np.where(whole > 0, left / np.maximum(whole, np.finfo(np.float32).tiny), 1)
    areas = boxes.areas * share * np.prod(frame.zoom(*value.size, size))
    cut = Boxes(
        np.concatenate([low, high - low], axis=1)[kept],
        (size, size),
        boxes.scores[kept],
        areas[kept].astype(np.float32),
        boxes.crowd[kept],
    )
    return People(joints[kept].astype(np.float32), cut)
