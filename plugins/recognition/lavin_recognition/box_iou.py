"""Intersection over union of single boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.box_average_precision import require_alike
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.natives import Boxes

Corners = NDArray[np.float64]
"""``[2, 2]``: left and top, right and bottom, as shares of the picture's width and height."""
_AS_THEY_ARE = "box_iou"


class BoxIoU:
    """IoU of the one box in each item, filled and inside its picture, averaged over the items.

    Of several predicted boxes the surest counts. Where both have none they agree (1), where one has none the IoU is 0.

    Args:
        sizes: also score both boxes as filled pixels of a picture ``size`` x ``size``, those whose centres they cover;
            a key ``box_iou_<size>`` each. Bar et al. ("Visual prompting via image inpainting", NeurIPS 2022) score at
            111, which is a cell of their grid of 2 x 2 pictures.
    """

    def __init__(self, *, sizes: Sequence[int] = ()) -> None:
        if any(size < 1 for size in sizes) or len(set(sizes)) != len(sizes):
            raise ValueError(f"sizes are different numbers of pixels from 1, not {list(sizes)}")
        self._sizes = {f"{_AS_THEY_ARE}_{size}": size for size in sizes}
        self.higher_is_better = dict.fromkeys((_AS_THEY_ARE, *self._sizes), True)
        self._scores: dict[str, list[float]] = {key: [] for key in self.higher_is_better}

    def update(self, prediction: Boxes, target: Boxes, *, query: Clip | None = None) -> None:
        """Count in one prediction.

        Raises InputError if the pictures' sizes differ, a number isn't finite, or the target has several boxes.
        """
        del query
        require_alike(prediction, target)
        if len(target) > 1:
            raise InputError(f"box_iou: the target has {len(target)} boxes; it scores single ones")
        found, true = _surest(prediction), _surest(target)
        self._scores[_AS_THEY_ARE].append(_iou(found, true))
        for key, size in self._sizes.items():
            # The first and the last pixel whose centres, half a pixel from their edges, lie inside.
            self._scores[key].append(_iou(np.ceil(found * size - 0.5), np.ceil(true * size - 0.5)))

    def merge(self, other: BoxIoU) -> None:
        """Count in the items of another instance with the same sizes."""
        for key, scores in other._scores.items():
            self._scores[key].extend(scores)

    def compute(self) -> dict[str, float]:
        """The averages over the items. Raises InputError if there was none."""
        if not self._scores[_AS_THEY_ARE]:
            raise InputError("box_iou: there is no item to score")
        return {key: float(np.mean(scores)) for key, scores in self._scores.items()}


def _surest(boxes: Boxes) -> Corners:
    """What of the box with the highest score is inside the picture; without boxes, one without extent."""
    if not len(boxes):
        return np.zeros((2, 2))
    left_top, extent = np.split(boxes.xywh[np.argmax(boxes.scores)].astype(np.float64), 2)
    across_down = np.array(boxes.size[::-1], dtype=np.float64)
    corners: Corners = np.stack([left_top, left_top + extent]).clip(0, across_down) / across_down
    return corners


def _iou(one: Corners, other: Corners) -> float:
    shared = _area(np.stack([np.maximum(one[0], other[0]), np.minimum(one[1], other[1])]))
    union = _area(one) + _area(other) - shared
    return shared / union if union > 0 else 1.0


def _area(corners: Corners) -> float:
    return float(np.prod(np.maximum(corners[1] - corners[0], 0)))
