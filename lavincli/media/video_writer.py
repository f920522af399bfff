"""Writes videos frame by frame, in one of two ways.

Exact: colour at full resolution (yuv444p) and little compression, for pictures whose colours are values that will be
decoded: depth, flow, ids. Browsers and phones don't play it.
Playable: what every player takes (yuv420p, BT.709, index in front), for pictures that people look at. Players want an
even width and height for it; a video of another size is written with colour at full resolution instead.
"""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import ffmpeg
import numpy as np

from lavincli.atomic import atomic_path
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.ffmpeg import ffmpeg_writing, source_of

_CONTAINERS: Final = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
_EXACT: Final = {"vcodec": "libx264", "crf": 12, "preset": "slow", "pix_fmt": "yuv444p"}
_PLAYABLE: Final = {"vcodec": "libx264", "crf": 16, "preset": "medium", "pix_fmt": "yuv420p", "movflags": "+faststart"}
# Said in the file, or players guess it from the size.
_COLOURS: Final = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}
# The bytes of one and the same clip are one and the same file: no thread count, no encoder's name in it.
_REPRODUCIBLE: Final = {"threads": 1, "map_metadata": -1, "fflags": "+bitexact", "flags:v": "+bitexact"}
_COPIED_AUDIO: Final = frozenset(("aac", "mp3", "ac3", "eac3", "alac", "opus"))


class VideoWriter:
    """An H.264 file that is being written; use it as a context manager. The file appears when the block ends well.

    Args:
        path: ``.mp4``, ``.mov`` or ``.mkv``; missing parent folders are made.
        frames_per_second: of the video.
        playable: see the top of this page; by default exact.
        audio: a file whose first sound track is taken over, and the name of its codec: as it is where a player takes
            it, else as AAC.

    Raises InputError for another suffix, or what ffmpeg says; OSError if the disk is full.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        frames_per_second: float | Fraction = 24.0,
        playable: bool = False,
        audio: tuple[Path, str] | None = None,
    ) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in _CONTAINERS:
            raise InputError(f"{path}: can't write '{self.path.suffix}' files; use one of .mp4, .mov, .mkv")
        self.frames_per_second, self.playable, self.audio = frames_per_second, playable, audio
        self._stack = ExitStack()
        self._pipe: IO[bytes] | None = None
        self._size: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, clip: Clip) -> None:
        """Append frames ``uint8 [T, H, W, 3]``. Raises ValueError for another shape than that of the first ones."""
        if clip.ndim != 4 or clip.shape[3] != 3 or clip.dtype != np.uint8 or clip.size == 0:
            raise ValueError(f"a clip is uint8 [T, H, W, 3], not {clip.dtype} {list(clip.shape)}")
        if self._pipe is None:
            self._size = (clip.shape[1], clip.shape[2])
            self._pipe = self._start(*self._size)
        if (clip.shape[1], clip.shape[2]) != self._size:
            raise ValueError(f"frames of {clip.shape[2]} x {clip.shape[1]} in a video of {self._size}")
        self._pipe.write(np.ascontiguousarray(clip).data)

    def _start(self, height: int, width: int) -> IO[bytes]:
        rate = str(Fraction(self.frames_per_second).limit_denominator(1001))
        frames: Any = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", r=rate)
        playable = self.playable and height % 2 == 0 and width % 2 == 0
        if playable:
            frames = frames.filter(
                "scale", out_color_matrix="bt709", out_range="tv", flags="accurate_rnd+full_chroma_int"
            )
        options: dict[str, Any] = {**(_PLAYABLE | _COLOURS if playable else _EXACT), **_REPRODUCIBLE}
        streams = [frames]
        if self.audio is not None:
            source, codec = self.audio
            streams.append(source_of(source)["a:0"])
            options |= {"acodec": "copy"} if codec in _COPIED_AUDIO else {"acodec": "aac", "b:a": "192k"}
            options["flags:a"] = "+bitexact"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._stack.enter_context(atomic_path(self.path))
        output = ffmpeg.output(*streams, str(temporary), format=_CONTAINERS[self.path.suffix.lower()], **options)
        return self._stack.enter_context(ffmpeg_writing(output, self.path))
