"""Where in a mirrored tree an answer goes: rules that are the same for every run.

An answer's name is its input's without the suffix (``a/cat.jpg``: ``a/cat`` and what the answer's kind adds). The
suffix is kept (``a/cat.jpg.png``)

- where two inputs differ in it only (``cat.jpg`` beside ``cat.png``),
- where the name without it ends like one of an answer's files (``cat.rgb.jpg``: ``cat.rgb.png`` is an answer to cat),
- where a folder has a name that an answer could have (``cat.png/`` beside ``cat.jpg``; ``cat/`` beside ``cat.mp4``,
  since a video may be answered by a folder of frames).

Names are compared as a file system that ignores case and Unicode form would.
"""

from __future__ import annotations

import os
import posixpath
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from lavincli.media.clips import CLIP_SUFFIXES
from lavincli.media.video import VIDEO_SUFFIXES
from lavincli.predict_run.inputs import is_sequence
from lavincli.views import VIEWS

SHEET: Final = "sheet"
"""The stem of a run's contact sheet; an input of that name keeps its suffix."""


def folded(name: str) -> str:
    """A name as a file system that ignores case and Unicode form sees it."""
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def without_suffix(key: str) -> str:
    """A key without its suffix; of numbered pictures, without the number: ``a/shot_%04d.png`` is ``a/shot``."""
    stem = posixpath.splitext(key)[0]
    if not is_sequence(key):
        return stem
    folder, _, name = stem.rpartition("/")
    named = name.split("%")[0].rstrip("_-. ")
    return "/".join(part for part in (folder, named) if part) or "frames"


def looks_like_an_answer(stem: str) -> bool:
    """Whether a folded stem ends like a file of an answer, or is the contact sheet's."""
    return stem == SHEET or stem.endswith(_ENDINGS)


def may_be_video(key: str) -> bool:
    """Whether an input of this name may be answered by a folder of frames; PNGs that move are rare enough."""
    return is_sequence(key) or posixpath.splitext(key)[1].lower() in _MOVING


def printable(name: str) -> str:
    r"""A file's name as text that can be written anywhere: bytes that are no UTF-8 as ``\xe9``."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


_MOVING: Final = VIDEO_SUFFIXES | {".gif", ".webp", ".apng"}
_ENDINGS: Final = tuple(f".{view}" for view in VIEWS)


@lru_cache(maxsize=256)
def stems_of_several(folder: Path) -> frozenset[str]:
    """Stems (folded names) that several pictures or videos of a folder share on disk."""
    once: set[str] = set()
    several: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, suffix = posixpath.splitext(entry.name)
                if suffix.lower() in CLIP_SUFFIXES:
                    (several if folded(stem) in once else once).add(folded(stem))
    except OSError:
        return frozenset()  # a folder that is missing; reading the file says so
    return frozenset(several)
