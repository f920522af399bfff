"""Unpacking a tar archive that a stranger made: read once, front to back, nothing written but plain files inside.

An archive with anything that could reach outside (an absolute path, `..`, a link, a device) is refused whole: such a
member doesn't come about by accident.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from lavincli.errors import CheckpointError

MOST_BYTES = 64 * 10**9
"""What one archive may unpack to; the published weights in float32 are a fifth of it."""
_CHUNK = 1 << 20
Progress = Callable[[str, int, int], None]
"""``(what, done, of)`` in bytes."""


def unpack(
    archive: Path,
    into: Path,
    wanted: Callable[[str], bool],
    progress: Progress | None = None,
    *,
    most: int = MOST_BYTES,
) -> list[Path]:
    """Unpack the files of a tar archive (plain, or compressed by gzip, bzip2 or xz) whose names are wanted.

    Args:
        archive: the file.
        into: an existing folder.
        wanted: by a member's name, with slashes.
        progress: is told how far it is, in bytes of the archive.
        most: bytes that the files may come to.

    Returns the files written. Raises CheckpointError: not a tar archive, truncated, a member that isn't a plain file
    inside, a name that comes twice, more than `most`, no room on the disk.
    """
    size, written, total = archive.stat().st_size, [], 0
    try:
        with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r|*") as tar:
            for member in _checked(archive, tar, into):
                target = into.joinpath(*PurePosixPath(member.name).parts)
                if member.isdir() or not wanted(member.name):
                    continue
                total += member.size
                _check_size(archive, member, total, most, into)
                source = tar.extractfile(member)
                assert source is not None, "a plain file has content"
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    _copy(source, file, lambda: progress and progress(archive.name, raw.tell(), size))
                if target.stat().st_size != member.size:
                    raise CheckpointError(f"{archive}: '{member.name}' is cut off; get it again")
                written.append(target)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise CheckpointError(f"{archive}: not a tar archive, or a truncated one ({error}); get it again") from error
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise CheckpointError(f"{archive}: two members are called alike; nothing is taken") from error
    return written


def _checked(archive: Path, tar: tarfile.TarFile, into: Path) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        name = PurePosixPath(member.name)
        reason = None
        if name.is_absolute() or "\\" in member.name or ":" in "".join(name.parts[:1]):
            reason = "has an absolute path"
        elif ".." in name.parts:
            reason = "leads outside"
        elif not (member.isfile() or member.isdir()):
            reason = "is a link or a device"
        if reason is None:
            try:
                tarfile.data_filter(member, str(into))
            except tarfile.FilterError as error:
                reason = str(error)
        if reason is not None:
            raise CheckpointError(
                f"{archive}: member '{member.name}' {reason}; such an archive is not to be trusted, nothing is taken"
            )
        yield member


def _check_size(archive: Path, member: tarfile.TarInfo, total: int, most: int, into: Path) -> None:
    if total > most:
        raise CheckpointError(f"{archive}: unpacks to more than {most:,} bytes; that is no model, nothing is taken")
    free = shutil.disk_usage(into).free
    if member.size > free:
        raise CheckpointError(
            f"{archive}: '{member.name}' takes {member.size:,} bytes, and {into} has room for {free:,}; make room"
        )


def _copy(source: IO[bytes], target: IO[bytes], tell: Callable[[], object]) -> None:
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        tell()
