"""Puts pictures into the report: as large as fit into it, never smaller than a person can judge."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from lavincli.clip import Clip
from lavincli.evaluation.items import Picture
from lavincli.media.geometry import fit_size, resize
from lavincli.media.images import read_bytes
from lavincli.media.webp import decode_webp, encode_webp

logger = logging.getLogger(__name__)

FLOOR: Final = 160
"""No picture is made smaller than this, in pixels of its longest side."""
CLIP_FRAMES: Final = 5
"""So many frames of a clip are shown, evenly from the first to the last."""
_THREADS: Final = 4
_SAMPLE: Final = 24


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture inside the report: a data URI a frame, and its size in pixels."""

    frames: tuple[str, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rung:
    """How pictures are put in: the longest side in pixels, and the quality of WebP; no side: as they were written."""

    longest: int | None
    quality: int = 85


_SIZES: Final = ((448, 85), (384, 85), (352, 85), (320, 80), (288, 80), (256, 75), (224, 75), (192, 75), (FLOOR, 75))
LADDER: Final = (Rung(None), *(Rung(longest, quality) for longest, quality in _SIZES))


def embed(folder: Path, pictures: Sequence[Picture], budget: int) -> dict[str, Embedded] | int:
    """All pictures, by file, on the highest rung of `LADDER` that lets them fit; else how many bytes the lowest takes.

    Args:
        folder: the results folder the pictures lie in.
        pictures: what to put in; the same file twice is put in once.
        budget: bytes that all data URIs together may have.

    Raises:
        InputError: a picture is missing or damaged.
    """
    unique = list({picture.file: picture for picture in pictures}.values())
    # At random, but the same each time: at regular distances all of a sample might be queries, or of one task.
    sample = Random(0).sample(unique, min(_SAMPLE, len(unique)))
    needed = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        for rung in LADDER:
            sampled = threads.map(lambda picture, rung=rung: _embed(folder, picture, rung), sample)
            needed = _size(sampled) * len(unique) // max(1, len(sample))
            if needed > budget:
                continue
            embedded = dict(
                zip(
                    (picture.file for picture in unique),
                    threads.map(lambda picture, rung=rung: _embed(folder, picture, rung), unique),
                    strict=True,
                )
            )
            needed = _size(embedded.values())
            if needed <= budget:
                return embedded
    return needed


def _size(embedded: Iterable[Embedded]) -> int:
    return sum(len(uri) for picture in embedded for uri in picture.frames)


def largest(embedded: Mapping[str, Embedded]) -> int:
    """The longest side of any picture, in pixels; 0 without pictures."""
    return max((max(picture.width, picture.height) for picture in embedded.values()), default=0)


def _embed(folder: Path, picture: Picture, rung: Rung) -> Embedded:
    path = folder / picture.file
    data = read_bytes(path)
    longest = max(picture.width, picture.height)
    fits = rung.longest is None or longest <= rung.longest
    if picture.frames == 1 and fits:
        return Embedded((_uri(data),), picture.width, picture.height)
    clip = _some_frames(decode_webp(data, path))
    if rung.longest is not None and not fits:
        clip = resize(clip, fit_size((clip.shape[1], clip.shape[2]), (rung.longest, rung.longest)), "lanczos")
    uris = tuple(_uri(encode_webp(frame[None], quality=rung.quality)) for frame in clip)
    return Embedded(uris, clip.shape[2], clip.shape[1])


def _some_frames(clip: Clip) -> Clip:
    count = min(CLIP_FRAMES, len(clip))
    places = [round(number * (len(clip) - 1) / max(1, count - 1)) for number in range(count)]
    return clip[places]


def _uri(webp: bytes) -> str:
    return f"data:image/webp;base64,{b64encode(webp).decode('ascii')}"
