"""What a killed run has left: files and folders that it was writing."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import Final

_TEMPORARY: Final = re.compile(r"\.lavin-[0-9a-f]{16}(\.\w+)?")
"""The names that `lavincli.atomic` gives to what isn't finished."""


def remove_leftovers(folder: Path, *, older_than: float = 0.0) -> int:
    """Remove unfinished files and folders below a folder, of at least an age in seconds; returns how many they were."""
    removed = 0
    now = time.time()
    for here, subfolders, names in os.walk(folder):
        for name in [*subfolders, *names]:
            path = Path(here, name)
            if _TEMPORARY.fullmatch(name) is None or now - path.lstat().st_mtime < older_than:
                continue
            if name in subfolders:
                subfolders.remove(name)
                shutil.rmtree(path)
            else:
                path.unlink()
            removed += 1
    return removed
