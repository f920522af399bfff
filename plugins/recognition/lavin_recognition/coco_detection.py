"""The loader for COCO's objects."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from lavin_recognition.coco_objects import CocoObjects, open_coco
from lavincli.clip import Sample
from lavincli.lazy_samples import LazySamples


def coco_detection(root: Path | None, split: str, *, empty: bool | None = None) -> Sequence[Sample]:
    """COCO's objects as boxes, without their classes (Lin et al., "Microsoft COCO", ECCV 2014).

    Args:
        root: holds ``annotations/instances_val2017.json`` and the photos ``val2017/``; likewise for train2017.
        split: "train" is train2017, "test" (or "val") val2017, whose samples are judged whole.
        empty: whether pictures without objects (or with crowds alone) are among the samples; by default in the test
            split, since COCO scores all pictures.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target `Boxes`: COCO's, with the pixels of the objects as
    areas. The few without extent are left out. ``meta`` has ``image_id`` and ``categories``, a name for each box.
    Raises RootNeededError without a root, InputError for another layout or a damaged file.
    """
    objects = open_coco(root, split, "instances")
    test = split != "train"
    places = objects.places_with(~objects.crowd, empty=test if empty is None else empty)
    return LazySamples(places, functools.partial(_read, objects=objects, whole=test), key=objects.key)


def _read(place: int, *, objects: CocoObjects, whole: bool) -> Sample:
    picture, boxes, own = objects.read(place)
    meta = {
        "path": str(objects.photos / objects.names[place]),
        "image_id": int(objects.image_ids[place]),
        "categories": tuple(objects.category_names[number] for number in objects.categories[own].tolist()),
    }
    return Sample(objects.key(place), target=boxes, input=picture, meta=meta, whole=whole)
