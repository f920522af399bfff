"""Masks, boxes, people and segments that other tools have predicted, in the formats of their benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.panoptic_files import rgb_to_ids
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.media.arrays import read_array
from lavincli.natives import COCO_JOINTS, Boxes, People
from lavincli.prediction_files import PredictionFiles, Reader, coco_results, read_json, read_npy

_HALF_A_PIXEL: Final = 0.5
"""COCO numbers pixels; their centres are half a pixel further."""
_MASKS: Final = (".png", ".npy", ".npz")


def mask_predictions(folder: Path) -> Reader:
    """Masks ``bool [H, W]``: what isn't 0 in a PNG of one channel (palettes: the indices) or an array."""
    files = PredictionFiles(folder)

    def read(sample: Sample) -> NDArray[np.bool_]:
        path = files.find(sample.key, _MASKS)
        values = read_array(path) if path.suffix.lower() == ".png" else np.squeeze(read_npy(path))
        if values.ndim == 3:  # a black and white picture with its channels alike
            values = values[..., :3].max(axis=2)
        if values.ndim != 2:
            raise InputError(f"{path}: is {list(values.shape)}; a mask is one number a pixel")
        return np.asarray(values != 0)

    return read


def box_predictions(folder: Path) -> Reader:
    """`Boxes` from COCO's format of results, one file for all pictures or one for each."""
    results = coco_results(folder)

    def read(sample: Sample) -> Boxes:
        entries = results(sample)
        xywh = _numbers(sample, entries, "bbox", 4)
        return Boxes.of(xywh, sample.target.size, scores=_scores(sample, entries))

    return read


def people_predictions(folder: Path) -> Reader:
    """`People` from COCO's format of keypoint results, one file for all pictures or one for each."""
    results = coco_results(folder)

    def read(sample: Sample) -> People:
        entries = results(sample)
        joints = _numbers(sample, entries, "keypoints", 3 * len(COCO_JOINTS)).reshape(-1, len(COCO_JOINTS), 3)
        # COCO scores every joint of a result, whatever stands in place of its visibility.
        joints = np.concatenate([joints[..., :2] + _HALF_A_PIXEL, np.full_like(joints[..., 2:], 2)], axis=2)
        low, high = joints[..., :2].min(axis=1), joints[..., :2].max(axis=1)
        boxes = Boxes.of(np.concatenate([low, high - low], axis=1), sample.target.size, scores=_scores(sample, entries))
        return People(joints.astype(np.float32), boxes)

    return read


def segment_predictions(folder: Path) -> Reader:
    """Segments ``int32 [H, W]`` from COCO's panoptic PNGs (id = R + 256 G + 65536 B).

    With a JSON of the whole set beside them (``annotations`` with ``image_id`` and ``file_name``) the files are those
    that it names; else they are found by key.
    """
    files = PredictionFiles(folder)
    listed = [content for path in sorted(folder.glob("*.json")) if "annotations" in (content := read_json(path))]
    named: dict[int, str] = {}
    if len(listed) == 1:
        named = {int(entry["image_id"]): str(entry["file_name"]) for entry in listed[0]["annotations"]}

    def read(sample: Sample) -> NDArray[np.int32]:
        key = named.get(sample.meta.get("image_id", -1), sample.key)
        path = files.find(key, (".png",))
        values = read_array(path)
        if values.ndim != 3 or values.dtype != np.uint8:
            raise InputError(f"{path}: is {values.dtype} {list(values.shape)}; a panoptic PNG is 8-bit RGB")
        return rgb_to_ids(values[..., :3])

    return read


def _numbers(sample: Sample, entries: list[dict[str, Any]], name: str, count: int) -> NDArray[np.float32]:
    try:
        return np.array([entry[name] for entry in entries], dtype=np.float32).reshape(-1, count)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"a result for '{sample.key}' has no '{name}' of {count} numbers ({error})") from error


def _scores(sample: Sample, entries: list[dict[str, Any]]) -> NDArray[np.float32]:
    try:
        return np.array([entry["score"] for entry in entries], dtype=np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"a result for '{sample.key}' has no 'score' ({error})") from error
