"""The loader of DAVIS 2017: video object segmentation (Pont-Tuset et al., arXiv 1704.00675)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_video.windows import Window, Windows, too_short
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array
from lavincli.media.images import read_image

_LAYOUT: Final = (
    "JPEGImages/480p/<sequence>/00000.jpg, Annotations/480p/<sequence>/00000.png and ImageSets/2017/{train,val}.txt"
)
_LISTS: Final = {"train": "train", "test": "val"}
_VOID: Final = 255
_NOT_JUDGED: Final = -1


@dataclass(frozen=True, slots=True)
class _Item:
    key: str
    images: tuple[Path, ...]
    annotations: tuple[Path, ...]
    start: int


def davis(
    root: Path | None,
    split: str,
    *,
    frames: int | None = 13,
    start: int = 0,
    stride: int | None = None,
    every: int = 1,
    resolution: str = "480p",
    annotations: str = "Annotations",
) -> Sequence[Sample]:
    """Sequences with the objects in them.

    Args:
        root: the folder ``DAVIS``.
        split: "train" (``train.txt``) or "test" (``val.txt``, on which results are reported).
        frames: of a sample; None: the whole sequence, as the benchmark scores it.
        start: the first frame of a clip's first sample.
        stride: frames from the start of one sample to that of the next; None: one sample a sequence.
        every: a sample takes each ``every``-th frame.
        resolution: the folder below ``JPEGImages`` and ``annotations``: "480p" or "Full-Resolution".
        annotations: "Annotations", or "Annotations_unsupervised" where those were downloaded.

    Returns samples with input ``uint8 [T, H, W, 3]`` and target ``int32 [T, H, W]``: the objects' indices, the same in
    all frames; void (255) is -1. Those of the test split are judged whole and at their own size.
    Raises InputError: another layout, another split, sequences that are all too short.
    """
    root = require_root(root, _LAYOUT)
    if split not in _LISTS:
        raise InputError(f"there is no split '{split}'; use train or test (DAVIS' val)")
    listed = root / "ImageSets" / "2017" / f"{_LISTS[split]}.txt"
    if not listed.is_file():
        raise wrong_layout(root, _LAYOUT)
    items: list[_Item] = []
    for name in listed.read_text(encoding="utf-8").split():
        items += _items(
            root, name, resolution, annotations, frames, Windows(2 if frames is None else frames, start, stride, every)
        )
    if not items:
        raise InputError(f"{listed}: none of its sequences has {frames} frames; use the options frames, start or every")
    return LazySamples(items, functools.partial(_read, whole=split == "test"), key=attrgetter("key"))


def _items(
    root: Path, name: str, resolution: str, annotations: str, frames: int | None, windows: Windows
) -> list[_Item]:
    images = sorted((root / "JPEGImages" / resolution / name).glob("*.jpg"))
    if not images:
        raise wrong_layout(root, f"JPEGImages/{resolution}/{name}/00000.jpg, as its list of sequences names it")
    truths = [root / annotations / resolution / name / f"{image.stem}.png" for image in images]
    found = windows.of(len(images))
    if frames is None and windows.start < len(images):
        found = [Window(windows.start, -(-(len(images) - windows.start) // windows.every), windows.every)]
    elif not found and windows.stride is None:
        raise too_short(images[0].parent, len(images), windows)
    return [
        _Item(
            windows.key(name, window),
            tuple(images[number] for number in window.numbers),
            tuple(truths[number] for number in window.numbers),
            window.start,
        )
        for window in found
    ]


def _read(item: _Item, *, whole: bool) -> Sample:
    clip = np.concatenate([read_image(path) for path in item.images])
    ids = np.stack([_read_ids(path) for path in item.annotations])
    if ids.shape != clip.shape[:3]:
        raise InputError(f"{item.annotations[0]}: is {ids.shape[2]} x {ids.shape[1]}, the pictures are not")
    meta = {"path": str(item.images[0].parent), "start": item.start}
    return Sample(item.key, target=ids, input=clip, meta=meta, whole=whole)


def _read_ids(path: Path) -> NDArray[np.int32]:
    indices = read_array(path)
    if indices.ndim != 2 or indices.dtype != np.uint8:
        raise InputError(f"{path}: is no indexed PNG ({indices.dtype}, {list(indices.shape)})")
    return np.where(indices == _VOID, _NOT_JUDGED, indices.astype(np.int32))
