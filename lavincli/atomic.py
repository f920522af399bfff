"""Atomic writes: a reader sees the old file or the new one, never half of one, whenever the writer dies.

The new content goes to a temporary file in the same directory (so on the same file system), is flushed to the disk, and
is then renamed over the old one with ``os.replace``.
"""

import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; when the block ends without an error it takes ``path``'s place.

    For writers that want a file name (Pillow, ffmpeg, safetensors). The temporary name is hidden (it starts with a dot)
    and keeps the suffix, from which such writers tell the format. The parent directory is made if it is missing. On
    an error the temporary file is removed and ``path`` stays as it was. A link is followed, not replaced.

    Args:
        path: the file to write.

    Yields:
        A path that exists as an empty file, to be overwritten.

    Raises:
        OSError: the directory cannot be made or written, or the disk is full.
    """
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = target.suffix if len(target.suffix) <= 16 else ""
    temporary = target.with_name(f".lavin-{secrets.token_hex(8)}{suffix}")
    # Not tempfile.mkstemp: its files are private to the user, and the finished one must get the usual permissions.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    mode = stat.S_IMODE((target if target.exists() else temporary).stat().st_mode)
    try:
        yield temporary
        temporary.chmod(mode)  # after the block: some writers (safetensors) put a private file in its place
        flush_to_disk(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write_bytes(path: str | Path, content: bytes) -> None:
    """Write ``content`` to ``path``, all or nothing; raises OSError as :func:`atomic_path` does."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def atomic_write_text(path: str | Path, content: str) -> None:
    """Write ``content`` as UTF-8 with line ends as they are, all or nothing."""
    atomic_write_bytes(path, content.encode("utf-8"))


def atomic_write_json(path: str | Path, content: Any, *, indent: int | None = 2) -> None:
    """Write ``content`` as JSON, all or nothing.

    NaN and infinities are refused: they are not JSON, and other readers stumble over them.

    Raises:
        ValueError: ``content`` holds a NaN or an infinity.
        TypeError: ``content`` holds something JSON has no form for.
        OSError: as :func:`atomic_path`.
    """
    atomic_write_text(path, json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n")


def flush_to_disk(path: Path) -> None:
    """Have the content on the disk before the name points at it, or a power cut could leave an empty file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new folder beside ``path`` to be filled; when the block ends without an error it becomes ``path``.

    On an error it is removed with all that is in it, and ``path`` stays as it was. What is in it is on the disk before
    it gets its name.

    Args:
        path: the folder to make; an empty one may be there already.

    Raises:
        FileExistsError: something is there already.
        OSError: the folder cannot be made or written, or the disk is full.
    """
    target = Path(path).resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise FileExistsError(errno.EEXIST, "is there already", str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".lavin-{secrets.token_hex(8)}")
    temporary.mkdir()
    try:
        yield temporary
        move_folder(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def move_folder(folder: Path, target: Path) -> None:
    """Give a finished folder its name, on the same disk, once all that is in it is on the disk."""
    for inside in (*folder.rglob("*"), folder):
        flush_to_disk(inside)
    folder.replace(target)
    flush_to_disk(target.parent)
