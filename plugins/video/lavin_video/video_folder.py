"""The loader of any folder of videos, or of folders of frames."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from lavin_video.frame_counts import count_frames, frames_in
from lavin_video.windows import Window, Windows, clip_sample, too_short
from lavincli.builtins.split import hash_split
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.files import IMAGE_SUFFIXES
from lavincli.media.images import read_image
from lavincli.media.video import VIDEO_SUFFIXES, read_video

logger = logging.getLogger(__name__)

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
        stride: frames from the start of one sample to that of the next. None: in the train split samples follow one
            another through the whole of each clip, in the test split each clip gives one, its beginning. For more than
            one a clip the frames of all videos are counted first, which takes some hundredths of a second each.
        every: a sample takes each ``every``-th frame.
        test_share: share of the clips in the test split; with 0 both splits hold all of them.

    Returns samples whose clips are ``uint8 [T, H, W, 3]`` and whose key is the path below ``root``, with the first
    frame behind it where clips may give more than one (``sub/cat.mp4/00013``). Clips that are too short are left out
    where their frames were counted, else they are an error when they are read.
    Raises InputError: no root, no such folder, no clip in it; on access, a damaged or short video.
    """
    if annotation not in get_args(Annotation):
        raise ValueError(f"annotation is 'clip' or 'continuation', not {annotation!r}")
    windows = Windows(frames, start, stride, every, continued=annotation == "continuation")
    if stride is None and split == "train":
        windows = dataclasses.replace(windows, stride=windows.span)
    root = require_root(root, _LAYOUT)
    found = sorted(_find(root), key=lambda path: path.relative_to(root).as_posix())
    if not found:
        raise wrong_layout(root, _LAYOUT)
    clips = hash_split(found, lambda path: path.relative_to(root).as_posix(), split, test_share)
    items = list(_items(clips, root, windows))
    if not items:
        raise InputError(
            f"{root}: none of its {len(found)} clips has {windows.needed} frames for split {split}; use the options "
            "frames, start, every or test_share"
        )
    return LazySamples(items, functools.partial(_read, windows=windows), key=attrgetter("key"))


def _items(clips: Sequence[Path], root: Path, windows: Windows) -> Iterator[_Item]:
    counted = [path for path in clips if windows.stride is not None or path.is_dir()]
    counts = dict(zip(counted, count_frames(counted), strict=True))
    short = 0
    for path in clips:
        count = counts.get(path)
        # What isn't counted, or can't be, tells when it is read what is wrong with it.
        chosen = [windows.first()] if count is None else windows.of(count)
        short += not chosen
        name = path.relative_to(root).as_posix()
        yield from (_Item(path, windows.key(name, window), window) for window in chosen)
    if short:
        logger.info("%s: %d of %d clips are too short for a sample, left out", root, short, len(clips))


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


def _read(item: _Item, *, windows: Windows) -> Sample:
    clip = _read_folder(item) if item.path.is_dir() else _read_video(item, windows)
    return clip_sample(item.key, clip, windows, {"path": str(item.path), "start": item.window.start})


def _read_folder(item: _Item) -> Clip:
    files = frames_in(item.path)
    pictures = [read_image(files[number]) for number in item.window.numbers]
    for number, picture in zip(item.window.numbers, pictures, strict=True):
        if picture.shape != pictures[0].shape:
            raise InputError(f"{files[number]}: is of another size than {files[item.window.start].name}")
    return np.concatenate(pictures)


def _read_video(item: _Item, windows: Windows) -> Clip:
    window = item.window
    clip = read_video(item.path, start=window.start, frames=windows.span)[:: window.every]
    if len(clip) < window.frames:  # not counted before
        count = window.start + (len(clip) - 1) * window.every + 1
        fitting = dataclasses.replace(windows, start=window.start, stride=None).of(count)
        if not fitting:
            raise too_short(item.path, count, windows)
        clip = clip[: fitting[0].frames]
        window = fitting[0]
    return np.concatenate([clip[:1]] * window.repeated + [clip])
