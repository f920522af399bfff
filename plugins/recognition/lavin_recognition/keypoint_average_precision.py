"""Average precision of people's joints."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from lavin_recognition.box_average_precision import require_alike
from lavin_recognition.coco_evaluation import THRESHOLDS, CocoEvaluation
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.natives import People

_MOST = 20
_EASY_COUNT = 4
_EASY_SIDE = 1 / 4
"""Longer side of a person / that of the picture."""
_EASY_JOINTS = 12
"""Of 17: people of fewer, a face alone for example, have too few limbs to be read."""


class KeypointAveragePrecision:
    """COCO's AP and AR of people by object keypoint similarity (OKS), by pycocotools.

    OKS is the mean of exp(-d^2 / (2 area k^2)) over the joints that the truth gives, with d the distance and k COCO's
    constants: how far people are apart about where a nose, a hip, ... is. Whether a predicted joint is said to be
    hidden or not given at all plays no part, only its place.

    - ``oks_ap``: area under the curve of precision over recall, averaged over matches by OKS >= 0.5, 0.55, ... 0.95.
    - ``oks_ap50``, ``oks_ap75``: at one of them.
    - ``oks_ar``: recall at no more than 20 people a picture, averaged over the same.

    Crowds, and people whose joints nobody gave, neither count nor harm; in a prediction they are left out. In a set
    without anybody to find (a single picture, for example) recall is 1, and precision 1 unless there is a person.
    """

    higher_is_better = MappingProxyType({"oks_ap": True, "oks_ap50": True, "oks_ap75": True, "oks_ar": True})

    def __init__(self) -> None:
        self._evaluation = CocoEvaluation("keypoints", _MOST)
        self._hard_to_draw = False

    @property
    def picture_loss(self) -> Mapping[str, float]:
        """What reading the codec `skeleton` loses at 128 pixels, where lines are a pixel wide.

        Of one to four people of a quarter of the picture and more, half in the worst picture measured and a seventh on
        average; of smaller people, of more, and of those of few joints anything up to all but a tenth.
        """
        return dict.fromkeys(self.higher_is_better, 0.9 if self._hard_to_draw else 0.5)

    def update(self, prediction: People, target: People, *, query: Clip | None = None) -> None:
        """Count in one prediction. Raises InputError if the pictures' sizes differ or a number isn't finite."""
        del query
        require_alike(prediction.boxes, target.boxes)
        for name, people in (("prediction", prediction), ("target", target)):
            if not np.isfinite(people.joints).all():
                raise InputError(f"the {name} has joints with numbers that are not finite")
        truths = [
            {
                "keypoints": joints.ravel().tolist(),
                "num_keypoints": int(np.count_nonzero(joints[:, 2] > 0)),
                "bbox": box.tolist(),
                "area": float(area),
                "iscrowd": int(crowd),
            }
            for joints, box, area, crowd in zip(
                target.joints, target.boxes.xywh, target.boxes.areas, target.boxes.crowd, strict=True
            )
        ]
        found = ~prediction.boxes.crowd & (prediction.joints[..., 2] > 0).any(axis=1)
        detections = [
            {"keypoints": joints.ravel().tolist(), "score": float(score)}
            for joints, score in zip(prediction.joints[found], prediction.boxes.scores[found], strict=True)
        ]
        self._evaluation.add(truths, detections)
        given = np.count_nonzero(target.joints[..., 2] > 0, axis=1)
        counted = ~target.boxes.crowd & (given > 0)
        sides = target.boxes.xywh[counted, 2:].max(axis=1)
        self._hard_to_draw |= (
            len(sides) > _EASY_COUNT
            or bool((sides < _EASY_SIDE * max(target.size)).any())
            or bool((given[counted] < _EASY_JOINTS).any())
        )

    def merge(self, other: KeypointAveragePrecision) -> None:
        """Count in the items of another instance."""
        self._evaluation.merge(other._evaluation)
        self._hard_to_draw |= other._hard_to_draw

    def compute(self) -> dict[str, float]:
        """The scores of the items so far. Raises InputError if there was none."""
        precision, recall = self._evaluation.compute()
        return {
            "oks_ap": float(precision.mean()),
            "oks_ap50": float(precision[THRESHOLDS.index(0.5)]),
            "oks_ap75": float(precision[THRESHOLDS.index(0.75)]),
            "oks_ar": float(recall.mean()),
        }
