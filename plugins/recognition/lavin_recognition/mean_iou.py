"""Intersection over union of masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.errors import InputError

Mask = NDArray[np.bool_]
_SIZE_AS_IT_IS = "mean_iou"


class MeanIoU:
    """IoU of the object in each item, averaged over the items (an episode's score in Pascal-5i).

    Two empty masks agree (1); of an empty and a filled one the IoU is 0.

    Args:
        sizes: also score both masks brought to ``size`` x ``size`` pixels, each pixel taking the value at its centre;
            a key ``mean_iou_<size>`` each. Bar et al. ("Visual prompting via image inpainting", NeurIPS 2022) score at
            111, which is a cell of their grid of 2 x 2 pictures.
    """

    def __init__(self, *, sizes: Sequence[int] = ()) -> None:
        if any(size < 1 for size in sizes) or len(set(sizes)) != len(sizes):
            raise ValueError(f"sizes are different numbers of pixels from 1, not {list(sizes)}")
        self._sizes = {f"{_SIZE_AS_IT_IS}_{size}": size for size in sizes}
        self.higher_is_better = dict.fromkeys((_SIZE_AS_IT_IS, *self._sizes), True)
        self._scores: dict[str, list[float]] = {key: [] for key in self.higher_is_better}

    def update(self, prediction: Mask, target: Mask, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``bool [H, W]``. Raises InputError if their sizes differ."""
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted mask is {list(prediction.shape)}, the target {list(target.shape)}")
        self._scores[_SIZE_AS_IT_IS].append(_iou(prediction, target))
        whole = Frame(whole=True)
        for key, size in self._sizes.items():
            self._scores[key].append(_iou(whole.pick(prediction, size), whole.pick(target, size)))

    def merge(self, other: MeanIoU) -> None:
        """Count in the items of another instance with the same sizes."""
        for key, scores in other._scores.items():
            self._scores[key].extend(scores)

    def compute(self) -> dict[str, float]:
        """The averages over the items. Raises InputError if there was none."""
        if not self._scores[_SIZE_AS_IT_IS]:
            raise InputError("mean_iou: there is no item to score")
        return {key: float(np.mean(scores)) for key, scores in self._scores.items()}


def _iou(prediction: Mask, target: Mask) -> float:
    union = np.count_nonzero(prediction | target)
    return float(np.count_nonzero(prediction & target) / union) if union else 1.0
