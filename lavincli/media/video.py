"""Videos as clips: ``uint8 [T, H, W, 3]`` RGB, read and written by ffmpeg."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import ffmpeg
import numpy as np

from lavincli.atomic import atomic_path
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.ffmpeg import run_ffmpeg

VIDEO_SUFFIXES: Final = frozenset((".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"))

# Nearly without loss, and colour at full resolution: the pictures of a task carry meaning in their colours.
_QUALITY: Final = {"vcodec": "libx264", "crf": 12, "preset": "slow", "pix_fmt": "yuv444p"}
_PPM_HEADER: Final = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")


def read_video(path: Path | str, *, start: int = 0, frames: int | None = None) -> Clip:
    """Frames of a video as ``uint8 [T, H, W, 3]`` RGB, upright, every frame as it is stored whatever the frame rate.

    Args:
        path: the file.
        start: how many frames to leave out in front.
        frames: how many to read at most; all by default.

    Raises InputError: no such file, no video, damaged, or no frame from ``start`` on.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    stream = ffmpeg.input(str(path))
    if start:
        stream = stream.filter("select", f"gte(n,{start})")
    limit = {} if frames is None else {"frames:v": frames}
    # PPM tells the size of each frame, so nothing has to be asked of the file before.
    stream = stream.output("pipe:", format="image2pipe", vcodec="ppm", fps_mode="passthrough", **limit)
    pictures = _split_ppm(run_ffmpeg(stream, path))
    if not pictures:
        raise InputError(f"{path}: has no frame from number {start} on")
    if any(picture.shape != pictures[0].shape for picture in pictures):
        raise InputError(f"{path}: its frames change in size; convert it to one size")
    return np.stack(pictures)


def write_video(path: Path | str, clip: Clip, *, frames_per_second: float = 24.0) -> None:
    """Write ``uint8 [T, H, W, 3]`` to an H.264 file atomically; missing parent folders are made.

    Compressed lightly and with colour at full resolution: what is read again differs by a few levels.
    Raises InputError for another suffix than ``.mp4``, ``.mov`` or ``.mkv``, ValueError for another shape or type.
    """
    path = Path(path)
    if clip.ndim != 4 or clip.shape[3] != 3 or clip.dtype != np.uint8 or clip.size == 0:
        raise ValueError(f"a clip is uint8 [T, H, W, 3], not {clip.dtype} {list(clip.shape)}")
    if path.suffix.lower() not in (".mp4", ".mov", ".mkv"):
        raise InputError(f"{path}: can't write '{path.suffix}' files; use one of .mp4, .mov, .mkv")
    height, width = clip.shape[1:3]
    stream = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", r=frames_per_second)
    # The bytes of one and the same clip are one and the same file: no thread count, no encoder's name in it.
    options = {**_QUALITY, "threads": 1, "map_metadata": -1, "fflags": "+bitexact", "flags:v": "+bitexact"}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        run_ffmpeg(
            stream.output(str(temporary), format=_CONTAINERS[path.suffix.lower()], **options),
            path,
            stdin=np.ascontiguousarray(clip).tobytes(),
        )


_CONTAINERS: Final = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}


def _split_ppm(data: bytes) -> list[Clip]:
    pictures: list[Clip] = []
    place = 0
    while header := _PPM_HEADER.match(data, place):
        width, height = int(header[1]), int(header[2])
        pixels = np.frombuffer(data, np.uint8, height * width * 3, offset=header.end())
        pictures.append(pixels.reshape(height, width, 3))
        place = header.end() + pixels.size
    return pictures
