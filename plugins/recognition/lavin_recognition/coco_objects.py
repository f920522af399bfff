"""Objects and people as COCO's annotation files list them."""

from __future__ import annotations

import functools
import json
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.media.images import read_image
from lavincli.natives import COCO_JOINTS, Boxes

_PARTS: Final = {"train": "train2017", "test": "val2017", "val": "val2017"}
_JOINT_NUMBERS: Final = 3 * len(COCO_JOINTS)
# What a file makes Python raise that is no JSON, or other JSON.
_DAMAGED: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True, eq=False)
class CocoObjects:
    """The I pictures of an annotation file, by their ids, and their N objects, picture by picture.

    Attributes:
        photos: the folder of the pictures.
        names: files in it.
        image_ids: ``int64 [I]``.
        sizes: ``int64 [I, 2]``: heights and widths.
        starts: ``int64 [I + 1]``: where in the lists of objects those of a picture begin; those of the next one follow.
        xywh: ``float32 [N, 4]``; areas: ``float32 [N]``; crowd: ``bool [N]``: as in `Boxes`.
        categories: ``int64 [N]``, numbers that ``category_names`` has names for.
        joints: ``float32 [N, 17, 3]`` as in the file, or None where none were asked for.
    """

    photos: Path
    names: tuple[str, ...]
    image_ids: NDArray[np.int64]
    sizes: NDArray[np.int64]
    starts: NDArray[np.int64]
    xywh: NDArray[np.float32]
    areas: NDArray[np.float32]
    crowd: NDArray[np.bool_]
    categories: NDArray[np.int64]
    category_names: dict[int, str]
    joints: NDArray[np.float32] | None

    def key(self, place: int) -> str:
        """The key of a picture."""
        return f"{self.photos.name}/{self.names[place]}"

    def places_with(self, counted: NDArray[np.bool_], *, empty: bool) -> list[int]:
        """The pictures that show an object that is ``counted`` (``[N]``); with ``empty`` all of them."""
        before = np.concatenate([[0], np.cumsum(counted)])
        shown = before[self.starts[1:]] > before[self.starts[:-1]]
        places: list[int] = np.flatnonzero(shown | empty).tolist()
        return places

    def read(self, place: int) -> tuple[Clip, Boxes, slice]:
        """A picture, its boxes, and where they are in the lists.

        Raises InputError if the file is missing, damaged, or not as large as the annotations say.
        """
        path = self.photos / self.names[place]
        picture = read_image(path)
        height, width = self.sizes[place].tolist()
        if picture.shape[1:3] != (height, width):
            raise InputError(
                f"{path}: is {picture.shape[2]} x {picture.shape[1]}, but its annotations are for {width} x {height}; "
                "use the pictures as COCO offers them"
            )
        own = slice(int(self.starts[place]), int(self.starts[place + 1]))
        boxes = Boxes(
            self.xywh[own], (height, width), np.ones(own.stop - own.start, np.float32), self.areas[own], self.crowd[own]
        )
        return picture, boxes, own


def open_coco(root: Path | None, split: str, kind: str, *, joints: bool = False) -> CocoObjects:
    """What ``annotations/<kind>_{train,val}2017.json`` says of the pictures in ``{train,val}2017/``.

    The file is read once; without its outlines, as numbers, it needs little memory.
    Raises RootNeededError without a root, InputError for an unknown split, another layout or a damaged file.
    """
    layout = f"annotations/{kind}_{{train,val}}2017.json and {{train,val}}2017/*.jpg"
    if split not in _PARTS:
        raise InputError(f"there is no split '{split}'; use train or test (COCO's val2017)")
    root = require_root(root, layout)
    photos = root / _PARTS[split]
    listing = root / "annotations" / f"{kind}_{photos.name}.json"
    if not listing.is_file() or not photos.is_dir():
        raise wrong_layout(root, layout)
    stat = listing.stat()
    return _read_objects(listing, photos, joints, (stat.st_mtime_ns, stat.st_size))


@functools.lru_cache(maxsize=2)
def _read_objects(listing: Path, photos: Path, joints: bool, version: tuple[int, int]) -> CocoObjects:
    del version  # a file that was written anew is read anew
    columns = _Columns(joints)
    try:
        content = json.loads(listing.read_text(encoding="utf-8"), object_hook=columns.take)
        category_names = {int(entry["id"]): str(entry["name"]) for entry in content["categories"]}
        return columns.table(photos, category_names)
    except _DAMAGED as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(
            f"{listing}: isn't COCO's JSON of {'people' if joints else 'objects'} ({reason}); download it again"
        ) from error


class _Columns:
    """Numbers of pictures and objects, collected while the JSON is parsed.

    The train split's text is half a gigabyte, most of it outlines, and would be several as Python's lists.
    """

    def __init__(self, joints: bool) -> None:
        self._names: list[str] = []
        self._pictures = array("q")
        self._objects = array("q")
        self._boxes = array("f")
        self._joints = array("f") if joints else None

    def take(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """Keep what is needed of an object or a picture, and nothing else of it; give back any other entry."""
        if "bbox" in entry:
            x, y, width, height = entry["bbox"]
            if self._joints is not None:
                if len(entry["keypoints"]) != _JOINT_NUMBERS:
                    raise ValueError(f"{len(entry['keypoints'])} numbers of keypoints, not {_JOINT_NUMBERS}")
                self._joints.extend(entry["keypoints"])
            self._boxes.extend((x, y, width, height, entry.get("area", width * height)))
            self._objects.extend((entry["image_id"], entry["category_id"], entry.get("iscrowd", 0)))
            return None
        if "file_name" in entry:
            self._names.append(str(entry["file_name"]))
            self._pictures.extend((entry["id"], entry["height"], entry["width"]))
            return None
        return entry

    def table(self, photos: Path, category_names: dict[int, str]) -> CocoObjects:
        """All in order, without boxes that have no extent. Raises ValueError where the parts don't fit together."""
        pictures = np.array(self._pictures, dtype=np.int64).reshape(-1, 3)
        objects = np.array(self._objects, dtype=np.int64).reshape(-1, 3)
        boxes = np.array(self._boxes, dtype=np.float32).reshape(-1, 5)
        joints = None if self._joints is None else np.array(self._joints, dtype=np.float32).reshape(-1, 17, 3)
        if not len(pictures):
            raise ValueError("it lists no picture")
        if not np.isfinite(boxes).all() or (joints is not None and not np.isfinite(joints).all()):
            raise ValueError("a number isn't finite")
        for what, known, used in (
            ("picture", pictures[:, 0], objects[:, 0]),
            ("category", np.array(list(category_names), dtype=np.int64), objects[:, 1]),
        ):
            unknown = np.setdiff1d(used, known)
            if len(unknown):
                raise ValueError(f"an object of {what} {unknown[0]}, which isn't listed")
        by_id = np.argsort(pictures[:, 0], kind="stable")
        image_ids = pictures[by_id, 0]
        order = np.argsort(objects[:, 0], kind="stable")
        order = order[(boxes[order, 2:4] > 0).all(axis=1)]
        starts = np.searchsorted(objects[order, 0], image_ids)
        return CocoObjects(
            photos=photos,
            names=tuple(self._names[place] for place in by_id),
            image_ids=image_ids,
            sizes=pictures[by_id, 1:],
            starts=np.append(starts, len(order)),
            xywh=boxes[order, :4],
            areas=boxes[order, 4],
            crowd=objects[order, 2] != 0,
            categories=objects[order, 1],
            category_names=category_names,
            joints=None if joints is None else joints[order],
        )
