"""The loader of any folder of videos, or of folders of frames."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from lavin_video.windows import Window, Windows, clip_sample, too_short
from lavincli.builtins.split import hash_split
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.files import IMAGE_SUFFIXES
from lavincli.media.images import read_image
from lavincli.media.video import VIDEO_SUFFIXES, read_video
from lavincli.media.video_info import video_info

Annotation = Literal["clip", "continuation"]

_LAYOUT: Final = "videos (.mp4, .mov, .webm, ...) or folders of frames (<clip>/00000.png and so on), at any depth"


@dataclass(frozen=True, slots=True)
class _Item:
    path: Path
    key: str
    window: Window


def video_folder(
    root: Path | None,
    split: str,
    *,
    annotation: Annotation = "clip",
    frames: int = 13,
    start: int = 0,
    stride: int | None = None,
    every: int = 1,
    test_share: float = 0.0,
) -> Sequence[Sample]:
    """Every video in ``root`` and below it, and every folder with at least ``frames`` pictures, sorted by path.

    Args:
        root: the folder; there is no bundled one.
        split: "train" or "test": shares of the clips by a hash of their paths.
        annotation: "clip": the target is the clip, there is no input. "continuation": the input is ``frames`` frames,
            the target the ``frames`` that follow, the last known one first (see `Windows.continued`).
        frames: of a sample, on each side.
        start: the first frame of a clip's first sample.
        stride: frames from the start of one sample to that of the next; None: one sample a video. With a
            number, the frames of all videos are counted first, which takes some hundredths of a second each.
        every: a sample takes each ``every``-th frame.
        test_share: share of the clips in the test split; with 0 both splits hold all of them.

    Returns samples whose clips are ``uint8 [T, H, W, 3]`` and whose key is the path below ``root``. Clips that are too
    short are left out where their frames were counted, else they are an error when they are read.
    Raises InputError: no root, no such folder, no clip in it; on access, a damaged or short video.
    """
    if annotation not in get_args(Annotation):
        raise ValueError(f"annotation is 'clip' or 'continuation', not {annotation!r}")
    windows = Windows(frames, start, stride, every, continued=annotation == "continuation")
    root = require_root(root, _LAYOUT)
    found = sorted(_find(root), key=lambda path: path.relative_to(root).as_posix())
    if not found:
        raise wrong_layout(root, _LAYOUT)
    clips = hash_split(found, lambda path: path.relative_to(root).as_posix(), split, test_share)
    items = [
        _Item(path, windows.key(path.relative_to(root).as_posix(), window), window)
        for path in clips
        for window in (windows.of(_count(path)) if stride is not None or path.is_dir() else [windows.first()])
    ]
    if not items:
        raise InputError(
            f"{root}: none of its {len(found)} clips has {windows.needed} frames for split {split}; use the options "
            "frames, start, every or test_share"
        )
    return LazySamples(items, functools.partial(_read, windows=windows))


def _find(root: Path) -> Iterator[Path]:
    """Videos and folders that hold pictures; hidden ones and links to folders are passed over."""
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        here = Path(folder)
        suffixes = [Path(name).suffix.lower() for name in names]
        if any(suffix in IMAGE_SUFFIXES for suffix in suffixes):
            yield here
        for name, suffix in zip(names, suffixes, strict=True):
            if suffix in VIDEO_SUFFIXES and not name.startswith("."):
                yield here / name


def _frames_in(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )


def _count(path: Path) -> int:
    return len(_frames_in(path)) if path.is_dir() else video_info(path).frames


def _read(item: _Item, *, windows: Windows) -> Sample:
    clip = _read_folder(item) if item.path.is_dir() else _read_video(item, windows)
    return clip_sample(item.key, clip, windows, {"path": str(item.path), "start": item.window.start})


def _read_folder(item: _Item) -> Clip:
    files = _frames_in(item.path)
    pictures = [read_image(files[number]) for number in item.window.numbers]
    for number, picture in zip(item.window.numbers, pictures, strict=True):
        if picture.shape != pictures[0].shape:
            raise InputError(f"{files[number]}: is of another size than {files[item.window.start].name}")
    return np.concatenate(pictures)


def _read_video(item: _Item, windows: Windows) -> Clip:
    window = item.window
    span = (window.frames - 1) * window.every + 1
    clip = read_video(item.path, start=window.start, frames=span)[:: window.every]
    if len(clip) < window.frames:  # not counted before
        count = window.start + (len(clip) - 1) * window.every + 1
        fitting = windows.of(count)
        if not fitting:
            raise too_short(item.path, count, windows)
        clip = clip[: fitting[0].frames]
        window = fitting[0]
    return np.concatenate([clip[:1]] * window.repeated + [clip])
