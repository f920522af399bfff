"""Files in COCO's format of results."""

from __future__ import annotations

from pathlib import Path

from lavincli.atomic import atomic_write_json
from lavincli.natives import Boxes


def image_id(name: str) -> int | str:
    """The id of an image by the name of its file without suffix: a number if the name is one, else the name."""
    return int(name) if name.isascii() and name.isdigit() else name


def write_boxes(boxes: Boxes, path_without_suffix: Path) -> Path:
    """Write ``<path>.json``, a list that ``COCO.loadRes`` reads, of boxes of one category, 1; returns its path."""
    path = path_without_suffix.with_name(path_without_suffix.name + ".json")
    image = image_id(path_without_suffix.name)
    results = [
        {
            "image_id": image,
            "category_id": 1,
            "bbox": [round(float(number), 2) for number in box],
            "score": round(float(score), 4),
        }
        for box, score in zip(boxes.xywh, boxes.scores, strict=True)
    ]
    atomic_write_json(path, results)
    return path
