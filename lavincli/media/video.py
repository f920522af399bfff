"""Videos as clips, or frame by frame: ``uint8 [T, H, W, 3]`` RGB, read and written by ffmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import numpy as np

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.ffmpeg import ffmpeg_reading, source_of
from lavincli.media.video_writer import VideoWriter

VIDEO_SUFFIXES: Final = frozenset((".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"))
_SECONDS_A_FRAME: Final = 3600
"""How frames are counted while they are read: by more than any lasts, or it would be repeated."""


def read_video(path: Path | str, *, start: int = 0, frames: int | None = None) -> Clip:
    """Frames of a video as ``uint8 [T, H, W, 3]`` RGB, upright, every frame as it is stored whatever the frame rate.

    Args:
        path: the file.
        start: how many frames to leave out in front.
        frames: how many to read at most; all by default.

    Raises InputError: no such file, no video, damaged, or no frame from ``start`` on.
    """
    return np.concatenate(list(video_frames(path, start=start, frames=frames)))


def video_frames(path: Path | str, *, start: int = 0, frames: int | None = None) -> Iterator[Clip]:
    """The same frames one after the other, ``uint8 [1, H, W, 3]`` each, without holding more than one of them.

    Raises InputError like `read_video`, as soon as it is known.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    limit = {} if frames is None else {"frames:v": frames}
    # Counted anew at an even rate, frames are neither dropped nor repeated. There is an option for that as well, but
    # the name that it has before ffmpeg 5.1 is no longer known after 8.
    counted = f"select=gte(n\\,{start}),settb={_SECONDS_A_FRAME},setpts=N"
    # PPM tells the size of each frame, so nothing has to be asked of the file before.
    output = {"format": "image2pipe", "vcodec": "ppm", "pix_fmt": "rgb24", "vf": counted, "r": f"1/{_SECONDS_A_FRAME}"}
    shape: tuple[int, ...] | None = None
    with ffmpeg_reading(source_of(path).output("pipe:", **output, **limit), path) as pipe:
        while (frame := _next_ppm(pipe)) is not None:
            if shape is not None and frame.shape != shape:
                raise InputError(f"{path}: its frames change in size; convert it to one size")
            shape = frame.shape
            yield frame
    if shape is None:
        raise InputError(f"{path}: has no frame from number {start} on")


def write_video(path: Path | str, clip: Clip, *, frames_per_second: float = 24.0) -> None:
    """Write ``uint8 [T, H, W, 3]`` to an H.264 file atomically; missing parent folders are made.

    Compressed lightly and with colour at full resolution: what is read again differs by a few levels.
    Raises InputError for another suffix than ``.mp4``, ``.mov`` or ``.mkv``, ValueError for another shape or type.
    """
    if clip.ndim != 4 or clip.shape[3] != 3 or clip.dtype != np.uint8 or clip.size == 0:
        raise ValueError(f"a clip is uint8 [T, H, W, 3], not {clip.dtype} {list(clip.shape)}")
    with VideoWriter(path, frames_per_second=frames_per_second) as writer:
        writer.write(clip)


def _next_ppm(pipe: IO[bytes]) -> Clip | None:
    """The next picture of a stream of PPMs; None at its end, also where it ends within a picture."""
    kind, size, largest = pipe.readline(), pipe.readline().split(), pipe.readline()
    if kind.strip() != b"P6" or len(size) != 2 or largest.strip() != b"255":
        return None
    width, height = int(size[0]), int(size[1])
    pixels = bytearray(height * width * 3)
    view, filled = memoryview(pixels), 0
    while filled < len(pixels):
        count = pipe.readinto(view[filled:])  # type: ignore[attr-defined]
        if not count:
            return None
        filled += count
    return np.frombuffer(pixels, np.uint8).reshape(1, height, width, 3)
