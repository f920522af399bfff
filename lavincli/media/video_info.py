"""What a video file says of itself: how many frames, at what rate, and whether it has sound."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import ffmpeg

from lavincli.errors import InputError
from lavincli.media.ffmpeg import ffmpeg_reading, source_of

_USUAL_RATES: Final = tuple(
    Fraction(rate)
    for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "120", "12", "15")
)
_SAME_RATE: Final = 4e-4
"""Rates nearer than this are one, told with rounding: 24 and 23.976 are 1e-3 apart."""
_EVEN: Final = 0.05
"""Intervals that differ by more than this share of their mean make a variable frame rate."""
_DEFAULT_RATE: Final = Fraction(24)


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video file in a few numbers.

    Attributes:
        frames: how many the file holds.
        frames_per_second: their mean rate.
        variable_rate: whether their distances differ.
        audio: the codec of the first sound track; None where there is none.
    """

    frames: int
    frames_per_second: Fraction
    variable_rate: bool
    audio: str | None


def video_info(path: Path) -> VideoInfo:
    """Look through a video's packets, without decoding them. Raises InputError if it has no picture."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    source = source_of(path)
    # A header for each stream, then a line for each packet with its time: one packet is one frame.
    listing = ffmpeg.output(source["v:0"], source["a:0?"], "pipe:", format="framecrc", vcodec="copy", acodec="copy")
    times: list[int] = []
    unit, audio = Fraction(1), None
    with ffmpeg_reading(listing, path) as pipe:
        for raw in pipe:
            line = raw.decode("ascii", errors="replace")
            if line.startswith("#"):
                key, _, value = line[1:].strip().partition(": ")
                if key == "tb 0":
                    unit = Fraction(value)
                elif key == "codec_id 1":
                    audio = value.strip()
                continue
            stream, _, pts = (part.strip() for part in line.split(",")[:3])
            if stream == "0":
                times.append(int(pts))
    if not times:
        raise InputError(f"{path}: holds no frames")
    rate, variable = _rate(sorted(times), unit)
    return VideoInfo(len(times), rate, variable, audio)


def _rate(times: list[int], unit: Fraction) -> tuple[Fraction, bool]:
    """The mean rate, as the usual one it stands for where it does, and whether intervals differ."""
    if len(times) < 2 or times[-1] == times[0]:
        return _DEFAULT_RATE, False
    intervals = [later - earlier for earlier, later in itertools.pairwise(times)]
    mean = (times[-1] - times[0]) / len(intervals)
    # A clock that counts milliseconds can't be even by a tick; one that counts frames can.
    uneven = max(abs(interval - mean) for interval in intervals)
    variable = uneven > max(min(1.0, mean / 10), _EVEN * mean)
    exact = Fraction(len(intervals), times[-1] - times[0]) / unit
    if variable:
        return exact.limit_denominator(1001), True
    usual = min(_USUAL_RATES, key=lambda rate: abs(rate - exact))
    # A short video with a coarse clock tells its rate to no more than a tick in all.
    tolerance = max(_SAME_RATE, 1 / (times[-1] - times[0]))
    return (usual if abs(usual - exact) <= tolerance * exact else exact.limit_denominator(1001)), False
