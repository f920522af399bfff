"""Reads a picture or a video as a clip, by its suffix."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lavincli.clip import Clip
from lavincli.media.files import IMAGE_SUFFIXES
from lavincli.media.images import read_image, write_image
from lavincli.media.video import VIDEO_SUFFIXES, read_video, write_video

CLIP_SUFFIXES: Final = IMAGE_SUFFIXES | VIDEO_SUFFIXES


def read_clip(path: Path | str) -> Clip:
    """A file as ``uint8 [T, H, W, 3]`` RGB: all frames of a video, one of anything else.

    Raises InputError like `read_image` and `read_video`.
    """
    path = Path(path)
    return read_video(path) if path.suffix.lower() in VIDEO_SUFFIXES else read_image(path)


def write_clip(path_without_suffix: Path, clip: Clip) -> Path:
    """Write a still as PNG and anything longer as MP4; returns the file written."""
    suffix = ".png" if clip.shape[0] == 1 else ".mp4"
    path = path_without_suffix.with_name(path_without_suffix.name + suffix)
    if clip.shape[0] == 1:
        write_image(path, clip)
    else:
        write_video(path, clip)
    return path
