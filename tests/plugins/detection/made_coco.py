"""COCO's annotation files, made for tests in the form in which COCO offers them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lavincli.media.images import write_image
from tests.small_tasks import picture

WIDTH, HEIGHT = 60, 40
CATEGORIES = [
    {"supercategory": "person", "id": 1, "name": "person"},
    {"supercategory": "animal", "id": 18, "name": "dog"},
]
NOSE_AND_EYES = [30, 12, 2, 33, 10, 2, 27, 10, 1] + [0] * 42
NO_JOINTS = [0] * 51


def thing(number: int, image: int, category: int, bbox: list[float], area: float) -> dict[str, Any]:
    """An object outlined by a polygon."""
    x, y, width, height = bbox
    outline = [x, y, x + width, y, x + width, y + height, x, y + height]
    common = {"id": number, "image_id": image, "category_id": category, "bbox": bbox, "area": area}
    return {"segmentation": [outline], "iscrowd": 0, **common}


def crowd(number: int, image: int, category: int, bbox: list[float]) -> dict[str, Any]:
    """A crowd, whose mask is run-length encoded."""
    counts = [HEIGHT * 20, HEIGHT * 5, HEIGHT * (WIDTH - 25)]
    mask = {"counts": counts, "size": [HEIGHT, WIDTH]}
    return {**thing(number, image, category, bbox, HEIGHT * 5), "segmentation": mask, "iscrowd": 1}


def person(entry: dict[str, Any], keypoints: list[int]) -> dict[str, Any]:
    """An object as a file of people has it."""
    return {**entry, "keypoints": keypoints, "num_keypoints": sum(number > 0 for number in keypoints[2::3])}


def write_listing(path: Path, numbers: list[int], annotations: list[dict[str, Any]]) -> None:
    """A file of annotations, in no order, of pictures that are made as well."""
    images = []
    for number in numbers:
        name = f"{number:012d}.jpg"
        part = path.stem.rsplit("_", 1)[1]
        write_image(path.parents[1] / part / name, picture(number, HEIGHT, WIDTH))
        images.append({"license": 3, "file_name": name, "height": HEIGHT, "width": WIDTH, "id": number})
    content = {
        "info": {"description": "COCO 2017 Dataset", "year": 2017},
        "licenses": [{"url": "http://creativecommons.org/licenses/by/2.0/", "id": 4, "name": "Attribution License"}],
        "images": images,
        "annotations": annotations,
        "categories": CATEGORIES,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def write_coco(root: Path) -> None:
    """Val2017 with a picture of two objects and a crowd, one of a crowd, one of nothing; train2017 alike."""
    in_first = [thing(7, 139, 18, [30.25, 5, 20.5, 10], 150.5), thing(9, 139, 1, [2, 3, 25, 30], 400)]
    crowds = [crowd(900_100_139, 139, 1, [20, 0, 5, 40]), crowd(900_100_285, 285, 18, [20, 0, 5, 40])]
    flat = thing(12, 139, 1, [5, 6, 7, 0], 0)
    for part in ("val2017", "train2017"):
        things = [crowds[1], in_first[0], crowds[0], flat, in_first[1]]
        write_listing(root / "annotations" / f"instances_{part}.json", [285, 632, 139], things)
        people = [
            person(crowds[0], NO_JOINTS),
            person(thing(3, 285, 1, [1, 1, 9, 9], 50), NO_JOINTS),
            person(in_first[1], NOSE_AND_EYES),
        ]
        write_listing(root / "annotations" / f"person_keypoints_{part}.json", [285, 632, 139], people)
