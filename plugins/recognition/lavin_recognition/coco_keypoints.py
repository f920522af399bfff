"""The loader for COCO's people and their joints."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from lavin_recognition.coco_objects import CocoObjects, open_coco
from lavincli.clip import Sample
from lavincli.lazy_samples import LazySamples
from lavincli.natives import People

_HALF_A_PIXEL = 0.5


def coco_keypoints(root: Path | None, split: str, *, empty: bool | None = None) -> Sequence[Sample]:
    """COCO's people with 17 joints (Lin et al., "Microsoft COCO", ECCV 2014).

    Args:
        root: holds ``annotations/person_keypoints_val2017.json`` and the photos ``val2017/``; likewise for train2017.
        split: "train" is train2017, "test" (or "val") val2017, whose samples are judged whole.
        empty: whether pictures without anybody whose joints are given are among the samples; by default in the test
            split, since COCO scores all pictures.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target `People`: all of them, also crowds and those whose
    joints nobody gave. COCO numbers pixels; their centres, half a pixel further, are where joints are. ``meta`` has
    ``image_id``.
    Raises RootNeededError without a root, InputError for another layout or a damaged file.
    """
    people = open_coco(root, split, "person_keypoints", joints=True)
    assert people.joints is not None
    test = split != "train"
    given = ~people.crowd & (people.joints[..., 2] > 0).any(axis=1)
    places = people.places_with(given, empty=test if empty is None else empty)
    return LazySamples(places, functools.partial(_read, people=people, whole=test), key=people.key)


def _read(place: int, *, people: CocoObjects, whole: bool) -> Sample:
    picture, boxes, own = people.read(place)
    assert people.joints is not None
    joints = people.joints[own].copy()
    given = joints[..., 2] > 0
    joints[..., :2] = (joints[..., :2] + _HALF_A_PIXEL) * given[..., None]
    meta = {"path": str(people.photos / people.names[place]), "image_id": int(people.image_ids[place])}
    return Sample(people.key(place), target=People(joints, boxes), input=picture, meta=meta, whole=whole)
