"""COCO's evaluation by pycocotools, a picture at a time."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval, Params

from lavincli.errors import InputError

THRESHOLDS: Final = tuple(float(threshold) for threshold in Params("bbox").iouThrs)
"""0.5, 0.55, ... 0.95: how well a detection must fit to be a match."""

_ALL_SIZES: Final = [0.0, 1e10]
_IMAGE: Final = 1
_CATEGORY: Final = 1


class CocoEvaluation:
    """Detections in many pictures against what is there, matched by `COCOeval`, all in one class and of any size.

    A picture is matched once, when it is added. Scores of a set only sort and add up, as `COCOeval.accumulate` does.
    pycocotools tells on stdout what it does; that is not let through.

    Args:
        kind: what fits: "bbox" by IoU, "keypoints" by object keypoint similarity.
        most: only this many detections of a picture count, the surest.
    """

    def __init__(self, kind: Literal["bbox", "keypoints"], most: int) -> None:
        self._kind = kind
        self._most = most
        # None for a picture without truths and without detections.
        self._pictures: list[dict[str, Any] | None] = []

    def add(self, truths: Sequence[Mapping[str, Any]], detections: Sequence[Mapping[str, Any]]) -> None:
        """Match the detections of one picture.

        Args:
            truths: each with ``bbox``, ``area`` and ``iscrowd``, and ``keypoints`` and ``num_keypoints`` if the kind
                says so, as in COCO's annotations.
            detections: each with ``score``, and ``bbox`` or ``keypoints``.
        """
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = COCOeval(_coco(truths), _coco(detections), self._kind)
            evaluation.params = self._params(images=1)
            evaluation.evaluate()
        self._pictures.append(evaluation.evalImgs[0])

    def merge(self, other: CocoEvaluation) -> None:
        """Count in the pictures of another instance of the same kind."""
        self._pictures.extend(other._pictures)

    def compute(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Average precision and recall at each of `THRESHOLDS`; of detections with equal scores the first come first.

        Where nothing is to be found, recall is 1, and precision 1 unless there is a detection.
        Raises InputError if there is no picture.
        """
        if not self._pictures:
            raise InputError("average precision: there is no item to score")
        matched = [picture for picture in self._pictures if picture is not None]
        if all(np.all(picture["gtIgnore"]) for picture in matched):
            precision = np.ones(len(THRESHOLDS))
            for picture in matched:
                mistakes = ~((picture["dtMatches"] > 0) | picture["dtIgnore"])
                precision[mistakes.any(axis=1)] = 0
            return precision, np.ones(len(THRESHOLDS))
        evaluation = COCOeval(iouType=self._kind)
        # Pictures are known by their place, so that one may come twice.
        evaluation.params = evaluation._paramsEval = self._params(len(matched))
        evaluation.evalImgs = matched
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation.accumulate()
        # [thresholds, recalls, categories, sizes, numbers of detections], the last three one long
        return evaluation.eval["precision"][..., 0, 0, 0].mean(axis=1), evaluation.eval["recall"][..., 0, 0, 0]

    def _params(self, images: int) -> Any:
        params = Params(self._kind)
        params.imgIds, params.catIds = list(range(_IMAGE, _IMAGE + images)), [_CATEGORY]
        params.areaRng, params.areaRngLbl = [_ALL_SIZES], ["all"]
        params.maxDets = [self._most]
        return params


def _coco(annotations: Sequence[Mapping[str, Any]]) -> Any:
    """One picture with annotations; they are numbered from 1, since COCOeval takes 0 for "no match"."""
    coco = COCO()
    coco.dataset = {
        "images": [{"id": _IMAGE}],
        "categories": [{"id": _CATEGORY}],
        "annotations": [
            # A detection's area only matters to scores by size.
            {"area": 0.0, **annotation, "id": number, "image_id": _IMAGE, "category_id": _CATEGORY}
            for number, annotation in enumerate(annotations, start=1)
        ],
    }
    coco.createIndex()
    return coco
