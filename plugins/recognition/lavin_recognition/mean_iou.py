"""Intersection over union of masks."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError


class MeanIoU:
    """IoU of the object in each item, averaged over the items (an episode's score in Pascal-5i).

    Two empty masks agree (1); of an empty and a filled one the IoU is 0.
    """

    higher_is_better = MappingProxyType({"mean_iou": True})

    def __init__(self) -> None:
        self._scores: list[float] = []

    def update(self, prediction: NDArray[np.bool_], target: NDArray[np.bool_], *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``bool [H, W]``. Raises InputError if their sizes differ."""
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted mask is {list(prediction.shape)}, the target {list(target.shape)}")
        union = int(np.count_nonzero(prediction | target))
        self._scores.append(np.count_nonzero(prediction & target) / union if union else 1.0)

    def merge(self, other: MeanIoU) -> None:
        """Count in the items of another instance."""
        self._scores.extend(other._scores)

    def compute(self) -> dict[str, float]:
        """The average over the items. Raises InputError if there was none."""
        if not self._scores:
            raise InputError("mean_iou: there is no item to score")
        return {"mean_iou": float(np.mean(self._scores))}
