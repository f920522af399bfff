"""Panoptic quality and average recall of segments that have no class."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError

RECALL_THRESHOLDS: Final = np.linspace(0.5, 0.95, 10)
_MOSTLY = 0.5


class PanopticQuality:
    """PQ, SQ and RQ (Kirillov et al., "Panoptic segmentation", CVPR 2019), all segments in one class.

    A predicted and a true segment match where their IoU is above 0.5; there can be only one such partner. Over the set:

    - ``sq``: mean IoU of the matches.
    - ``rq``: matches / (matches + half of the unmatched predicted ones + half of the unmatched true ones).
    - ``pq``: sq * rq.
    - ``ar``: share of true segments matched with an IoU of at least t, averaged over t = 0.5, 0.55, ... 0.95.

    What the truth doesn't label (0) is void, as in COCO's panopticapi: its pixels are left out of unions, and a
    predicted segment that lies mostly (more than half) in it is no mistake. Without anything to find and anything
    found all scores are 1; where there is nothing to find, so is ``ar``. torchmetrics' PanopticQuality agrees, but also
    forgives a true segment that is missed where the prediction is void, so it can't score empty predictions.
    """

    higher_is_better = MappingProxyType({"pq": True, "sq": True, "rq": True, "ar": True})
    # A line a pixel or two wide may be lost on the way through a picture, and with it a segment of a few.
    picture_loss = MappingProxyType({"pq": 0.1, "sq": 0.1, "rq": 0.1, "ar": 0.2})

    def __init__(self) -> None:
        self._iou_sum = 0.0
        self._matches = 0
        self._predicted = 0
        self._true = 0
        self._recalled = np.zeros(len(RECALL_THRESHOLDS), dtype=np.int64)
        self._items = 0

    def update(self, prediction: NDArray[np.int32], target: NDArray[np.int32], *, query: Clip | None = None) -> None:
        """Count in one prediction; both are integer ids ``[H, W]``, 0 = void. Raises InputError if sizes differ."""
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted segments are {list(prediction.shape)}, the target {list(target.shape)}")
        predicted_ids, predicted_place = np.unique(prediction, return_inverse=True)
        true_ids, true_place = np.unique(target, return_inverse=True)
        shape = len(true_ids), len(predicted_ids)
        shared = np.bincount(np.ravel_multi_index((true_place.ravel(), predicted_place.ravel()), shape))
        shared = np.pad(shared, (0, shape[0] * shape[1] - len(shared))).reshape(shape)
        areas = shared.sum(axis=0)
        void = shared[true_ids == 0].sum(axis=0)
        overlap = shared[true_ids != 0][:, predicted_ids != 0]
        areas, void = areas[predicted_ids != 0], void[predicted_ids != 0]
        true_areas = shared[true_ids != 0].sum(axis=1)
        # A union is above 0: both have pixels, and those in void are no overlap.
        iou = overlap / np.maximum(true_areas[:, None] + (areas - void) - overlap, 1)
        matched = iou > _MOSTLY
        counted = matched.any(axis=0) | (void <= _MOSTLY * areas)
        self._iou_sum += float(iou[matched].sum())
        self._matches += int(np.count_nonzero(matched))
        self._predicted += int(np.count_nonzero(counted))
        self._true += len(true_areas)
        # Exactly 0.5 is no match; rounding must not make 0.95 less than itself.
        self._recalled += (iou[matched][:, None] >= RECALL_THRESHOLDS - 1e-9).sum(axis=0)
        self._items += 1

    def merge(self, other: PanopticQuality) -> None:
        """Count in the items of another instance."""
        self._iou_sum += other._iou_sum
        self._matches += other._matches
        self._predicted += other._predicted
        self._true += other._true
        self._recalled = self._recalled + other._recalled
        self._items += other._items

    def compute(self) -> dict[str, float]:
        """The scores of the items so far. Raises InputError if there was none."""
        if not self._items:
            raise InputError("panoptic_quality: there is no item to score")
        recall = float(np.mean(self._recalled) / self._true) if self._true else 1.0
        if not self._predicted and not self._true:
            return {"pq": 1.0, "sq": 1.0, "rq": 1.0, "ar": recall}
        segmentation = self._iou_sum / self._matches if self._matches else 0.0
        recognition = self._matches / (0.5 * (self._predicted + self._true))
        return {"pq": segmentation * recognition, "sq": segmentation, "rq": recognition, "ar": recall}
