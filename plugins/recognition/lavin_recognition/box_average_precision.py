"""Average precision of boxes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from lavin_recognition.coco_evaluation import THRESHOLDS, CocoEvaluation
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.natives import Boxes

_MOST = 100
_EASY_COUNT = 8
_EASY_SIDE = 1 / 24
"""Of the picture's longer side."""


class BoxAveragePrecision:
    """COCO's AP and AR of boxes (Lin et al., "Microsoft COCO", ECCV 2014), all boxes in one class, by pycocotools.

    - ``ap``: area under the curve of precision over recall, averaged over matches by IoU >= 0.5, 0.55, ... 0.95.
    - ``ap50``, ``ap75``: at one of them.
    - ``ar100``: recall at no more than 100 boxes a picture, averaged over the same.

    Crowds neither count nor harm: a box inside one is no mistake. Those of a prediction are left out. In a set without
    anything to find (a single picture, for example) recall is 1, and precision 1 unless there is a box.
    """

    higher_is_better = MappingProxyType({"ap": True, "ap50": True, "ap75": True, "ar100": True})

    def __init__(self) -> None:
        self._evaluation = CocoEvaluation("bbox", _MOST)
        self._hard_to_draw = False

    @property
    def picture_loss(self) -> Mapping[str, float]:
        """Up to 8 boxes, none a speck, are found again, some a little off. Others hide each other or get lost."""
        if self._hard_to_draw:
            return dict.fromkeys(self.higher_is_better, 0.75)
        return {"ap": 0.05, "ar100": 0.05}

    def update(self, prediction: Boxes, target: Boxes, *, query: Clip | None = None) -> None:
        """Count in one prediction. Raises InputError if the pictures' sizes differ or a number isn't finite."""
        del query
        require_alike(prediction, target)
        truths = [
            {"bbox": box, "area": area, "iscrowd": int(crowd)}
            for box, area, crowd in zip(target.xywh.tolist(), target.areas.tolist(), target.crowd.tolist(), strict=True)
        ]
        single = ~prediction.crowd
        detections = [
            {"bbox": box, "score": score}
            for box, score in zip(prediction.xywh[single].tolist(), prediction.scores[single].tolist(), strict=True)
        ]
        self._evaluation.add(truths, detections)
        specks = target.xywh[~target.crowd, 2:] < _EASY_SIDE * max(target.size)
        self._hard_to_draw |= len(specks) > _EASY_COUNT or bool(specks.any())

    def merge(self, other: BoxAveragePrecision) -> None:
        """Count in the items of another instance."""
        self._evaluation.merge(other._evaluation)
        self._hard_to_draw |= other._hard_to_draw

    def compute(self) -> dict[str, float]:
        """The scores of the items so far. Raises InputError if there was none."""
        precision, recall = self._evaluation.compute()
        return {
            "ap": float(precision.mean()),
            "ap50": float(precision[THRESHOLDS.index(0.5)]),
            "ap75": float(precision[THRESHOLDS.index(0.75)]),
            "ar100": float(recall.mean()),
        }


def require_alike(prediction: Boxes, target: Boxes) -> None:
    """Raise InputError if boxes are of pictures of different sizes, or have numbers that are not finite."""
    if prediction.size != target.size:
        raise InputError(
            f"the prediction is of a picture {list(prediction.size)}, the target of one {list(target.size)}"
        )
    for name, boxes in (("prediction", prediction), ("target", target)):
        if not all(np.isfinite(values).all() for values in (boxes.xywh, boxes.scores, boxes.areas)):
            raise InputError(f"the {name} has boxes with numbers that are not finite")
