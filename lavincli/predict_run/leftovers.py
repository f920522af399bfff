"""What a killed run has left: files and folders that it was writing."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import Final

from lavincli.views import VIEWS

_TEMPORARY: Final = re.compile(r"\.lavin-[0-9a-f]{16}(\.\w+)?")
"""The names that `lavincli.atomic` gives to what isn't finished."""
_VIEWS: Final = tuple(f".{view}" for view in VIEWS)


def remove_leftovers(folder: Path, *, older_than: float = 0.0) -> int:
    """Remove unfinished files and folders in a folder of answers; returns how many they were.

    Not those in the folders below it, which may be somebody else's, but for the folders of answers of several files.
    `older_than`: only what has at least this age, in seconds.
    """
    if not folder.is_dir():
        return 0
    removed = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name.endswith(_VIEWS):
                removed += remove_leftovers(Path(entry.path), older_than=older_than)
            if _TEMPORARY.fullmatch(entry.name) is None:
                continue
            if time.time() - entry.stat(follow_symlinks=False).st_mtime >= older_than:
                if is_folder:
                    shutil.rmtree(entry.path)
                else:
                    Path(entry.path).unlink()
                removed += 1
    return removed
