"""Reads a folder of example pairs."""

from __future__ import annotations

from pathlib import Path

from lavincli.clip import Pair
from lavincli.media.clips import read_clip
from lavincli.pair_files import list_pairs


def read_context(folder: Path) -> list[Pair]:
    """The pairs of a folder in the published template layout, sorted by id, at the size they are stored in.

    Raises InputError: no such folder, no pairs in it, a partner missing, a file that can't be read.
    """
    return [Pair(files.key, read_clip(files.input), read_clip(files.target)) for files in list_pairs(folder)]
