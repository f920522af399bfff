"""The loader for PASCAL VOC's objects."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from lavin_recognition.voc_annotations import read_annotated
from lavin_recognition.voc_tree import find_voc, listed
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples

LAYOUT = "JPEGImages/*.jpg, Annotations/*.xml and ImageSets/Main/{train,val}.txt (VOC2012)"


def voc_detection(root: Path | None, split: str) -> Sequence[Sample]:
    """PASCAL VOC 2012's objects as boxes, without their classes (Everingham et al., IJCV 2015).

    Args:
        root: ``VOC2012``, or a folder above it (``VOCdevkit``).
        split: "train": the pictures of ``train.txt``. "test": those of ``val.txt``, judged whole.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target `Boxes`, with the boxes' areas. Difficult objects are
    marked as crowds: they neither count nor harm, and are not drawn. ``meta`` has ``categories``, a name for each box.
    Raises RootNeededError without a root, InputError for another layout or a damaged file.
    """
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test (VOC's val)")
    voc = find_voc(root, LAYOUT, "Annotations", "ImageSets/Main")
    names = listed(voc, "Main", "val" if split == "test" else "train")
    return LazySamples(names, functools.partial(_read, voc=voc, whole=split == "test"), key=str)


def _read(name: str, *, voc: Path, whole: bool) -> Sample:
    path, picture, annotation = read_annotated(voc, name)
    meta = {"path": str(path), "categories": tuple(item.label for item in annotation.objects)}
    return Sample(name, target=annotation.boxes(), input=picture, meta=meta, whole=whole)
