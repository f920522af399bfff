"""The loader for COCO's panoptic annotations."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from lavin_recognition.panoptic_files import rgb_to_ids
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array
from lavincli.media.images import read_image

_LAYOUT = "annotations/panoptic_{train,val}2017.json, annotations/panoptic_{train,val}2017/*.png, {train,val}2017/*.jpg"
_PARTS = {"train": "train2017", "test": "val2017", "val": "val2017"}


@dataclass(frozen=True, slots=True)
class _Item:
    """One picture: its own file, its PNG of ids, and the ids of its crowds."""

    picture: Path
    ids: Path
    key: str
    image_id: int
    crowds: tuple[int, ...]


def coco_panoptic(root: Path | None, split: str) -> Sequence[Sample]:
    """COCO with panoptic annotations (Kirillov et al., CVPR 2019), without the classes.

    Args:
        root: holds ``annotations/panoptic_val2017.json``, the folder ``annotations/panoptic_val2017/`` of its PNGs (or
            beside ``annotations/``), and the photos ``val2017/``; likewise for train2017.
        split: "train" is train2017, "test" (or "val") val2017, whose samples are judged whole.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target ``int32 [H, W]``: COCO's ids, with 0 for what isn't
    labelled and for crowds. ``meta`` has ``image_id``.
    Raises RootNeededError without a root, InputError for another layout or a damaged file.
    """
    if split not in _PARTS:
        raise InputError(f"there is no split '{split}'; use train or test (COCO's val2017)")
    root = require_root(root, _LAYOUT)
    part = _PARTS[split]
    listing = root / "annotations" / f"panoptic_{part}.json"
    photos = root / part
    folders = [root / "annotations" / f"panoptic_{part}", root / f"panoptic_{part}"]
    folder = next((path for path in folders if path.is_dir()), None)
    if not listing.is_file() or not photos.is_dir() or folder is None:
        raise wrong_layout(root, _LAYOUT)
    items = _items(listing, photos, folder)
    return LazySamples(items, functools.partial(_read, whole=split != "train"), key=attrgetter("key"))


def _items(listing: Path, photos: Path, folder: Path) -> list[_Item]:
    try:
        content: dict[str, Any] = json.loads(listing.read_bytes())
        names = {image["id"]: str(image["file_name"]) for image in content["images"]}
        items = [
            _Item(
                picture=photos / names[entry["image_id"]],
                ids=folder / entry["file_name"],
                key=f"{photos.name}/{names[entry['image_id']]}",
                image_id=int(entry["image_id"]),
                crowds=tuple(int(info["id"]) for info in entry["segments_info"] if info.get("iscrowd")),
            )
            for entry in content["annotations"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{listing}: isn't COCO's panoptic JSON ({reason}); download it again") from error
    if not items:
        raise InputError(f"{listing}: lists no annotation; download it again")
    return items


def _read(item: _Item, *, whole: bool) -> Sample:
    picture, stored = read_image(item.picture), read_array(item.ids)
    if stored.shape != picture.shape[1:]:
        raise InputError(f"{item.ids}: is {list(stored.shape)}, but {item.picture} is {list(picture.shape[1:])}")
    segments = rgb_to_ids(stored)
    segments[np.isin(segments, item.crowds)] = 0
    meta = {"path": str(item.picture), "image_id": item.image_id}
    return Sample(item.key, target=segments, input=picture, meta=meta, whole=whole)
