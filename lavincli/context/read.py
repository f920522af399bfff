"""Reads a folder of example pairs."""

from __future__ import annotations

from pathlib import Path

from lavincli.clip import Pair
from lavincli.media.images import read_image
from lavincli.pair_files import list_pairs


def read_context(folder: Path) -> list[Pair]:
    """The pairs of a folder in the published template layout, sorted by id, at the size they are stored in.

    Raises InputError: no such folder, no pairs in it, a partner missing, a picture that can't be read.
    """
    return [Pair(files.key, read_image(files.input), read_image(files.target)) for files in list_pairs(folder)]
