"""Anything that is a video to lavin, read frame by frame: video files, animated pictures, numbered pictures.

A source says its rate and its sound without being decoded, and gives its frames as often as it is asked, one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

from PIL import Image, ImageSequence, UnidentifiedImageError

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.images import clip_from_pillow, read_image
from lavincli.media.video import VIDEO_SUFFIXES, video_frames
from lavincli.media.video_info import VideoInfo, video_info

_ANIMATED: Final = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG"}
_NUMBER: Final = re.compile(r"%0?(\d*)d")
SEQUENCE_RATE: Final = Fraction(24)
"""Frames a second of numbered pictures, which say nothing of it."""
_SHORTEST: Final = 20
"""Milliseconds that a frame of an animation takes at least; browsers take less for a mistake, and show it slower."""
_BROWSERS_OWN: Final = 100


class FrameSource(Protocol):
    """A video that can be read frame by frame."""

    @property
    def info(self) -> VideoInfo: ...

    def frames(self) -> Iterator[Clip]:
        """All frames from the first on, ``uint8 [1, H, W, 3]`` each, all of one size; InputError for a damaged one."""


def is_video(path: Path) -> bool:
    """Whether `open_source` takes a path for a video: by its suffix, its animation, or a number's place in its name.

    Numbered pictures are named as ffmpeg names them: ``shot_%04d.png``.
    """
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES or (_NUMBER.search(path.name) is not None and not path.is_file()):
        return True
    if suffix not in _ANIMATED or not path.is_file():
        return False
    try:
        with Image.open(path, formats=[_ANIMATED[suffix]]) as image:
            return bool(getattr(image, "is_animated", False))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError):
        # No animation: whoever reads it as a picture says what is wrong with it.
        return False


def open_source(path: Path) -> FrameSource:
    """A video, an animated picture or numbered pictures. Raises InputError if it is none of them."""
    if _NUMBER.search(path.name) is not None and not path.is_file():
        return _Sequence(numbered_pictures(path))
    if path.suffix.lower() in _ANIMATED:
        return _Animation(path, _animation_info(path))
    return _Video(path, video_info(path))


@dataclass(frozen=True, slots=True)
class _Video:
    path: Path
    info: VideoInfo

    def frames(self) -> Iterator[Clip]:
        return video_frames(self.path)


@dataclass(frozen=True, slots=True)
class _Animation:
    path: Path
    info: VideoInfo

    def frames(self) -> Iterator[Clip]:
        with _opened(self.path) as image:
            frames = ImageSequence.Iterator(image)
            while True:
                try:
                    frame = next(frames, None)
                    clip = None if frame is None else clip_from_pillow(frame.copy())
                except (OSError, SyntaxError, ValueError, EOFError) as error:
                    raise InputError(f"{self.path}: is damaged ({error}); restore it from its source") from error
                if clip is None:
                    return
                yield clip


@dataclass(frozen=True, slots=True)
class _Sequence:
    paths: list[Path]

    @property
    def info(self) -> VideoInfo:
        return VideoInfo(len(self.paths), SEQUENCE_RATE, variable_rate=False, audio=None)

    def frames(self) -> Iterator[Clip]:
        first: Clip | None = None
        for path in self.paths:
            picture = read_image(path)
            if first is not None and picture.shape != first.shape:
                raise InputError(
                    f"{path}: is {picture.shape[2]} x {picture.shape[1]}, but {self.paths[0].name} is "
                    f"{first.shape[2]} x {first.shape[1]}; the frames of a video have one size"
                )
            first = picture if first is None else first
            yield picture


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=[_ANIMATED[path.suffix.lower()]])
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path}: is too large to open safely; make it smaller") from error
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise InputError(f"{path}: is damaged or no picture ({error}); check its content or leave it out") from error


def _animation_info(path: Path) -> VideoInfo:
    times: list[int] = []
    with _opened(path) as image:
        try:
            for frame in ImageSequence.Iterator(image):
                frame.load()  # WebP doesn't tell before
                time = round(float(frame.info.get("duration", 0) or 0))
                times.append(time if time >= _SHORTEST else _BROWSERS_OWN)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise InputError(f"{path}: is damaged ({error}); restore it from its source") from error
    rate = Fraction(1000 * len(times), sum(times)).limit_denominator(1001)
    return VideoInfo(len(times), rate, variable_rate=len(set(times)) > 1, audio=None)


def numbered_pictures(pattern: Path) -> list[Path]:
    """The files that a pattern (``shot_%04d.png``) names, by their numbers. Raises InputError if there are none."""
    match = _NUMBER.search(pattern.name)
    assert match is not None
    width = int(match[1] or 1)
    before, after = pattern.name[: match.start()], pattern.name[match.end() :]
    name = re.compile(rf"{re.escape(before)}(\d{{{width},}}){re.escape(after)}")
    if not pattern.parent.is_dir():
        raise InputError(f"{pattern}: no such folder; check the path")
    found = {
        int(fits[1]): path
        for path in sorted(pattern.parent.iterdir())
        if (fits := name.fullmatch(path.name)) is not None
    }
    if not found:
        raise InputError(f"{pattern}: no file has such a name; %05d stands for a number of at least 5 digits")
    return [found[number] for number in sorted(found)]
