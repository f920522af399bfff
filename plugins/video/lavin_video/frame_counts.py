"""How many frames each of many clips has, without decoding any."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from lavincli.errors import InputError
from lavincli.media.files import IMAGE_SUFFIXES
from lavincli.media.video_info import video_info

_THREADS: Final = os.cpu_count() or 1
"""Each waits for an ffmpeg of its own."""


def count_frames(clips: Sequence[Path]) -> list[int | None]:
    """Frames of videos and of folders of pictures; None for a video that can't be read, which reading it will explain.

    A video takes some hundredths of a second, the first time that this process is asked.
    """
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="frame counts") as threads:
        return list(threads.map(_count, clips))


def frames_in(folder: Path) -> list[Path]:
    """The pictures of a folder, sorted by name; hidden ones are passed over."""
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )


def _count(clip: Path) -> int | None:
    if clip.is_dir():
        return len(frames_in(clip))
    state = clip.stat()
    return _count_video(clip.resolve(), state.st_size, state.st_mtime_ns)


@functools.cache
def _count_video(path: Path, _size: int, _changed: int) -> int | None:
    try:
        return video_info(path).frames
    except InputError:
        return None
