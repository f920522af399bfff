"""From what was named (files, folders, patterns) to the files meant by it."""

from __future__ import annotations

import glob
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from lavincli.errors import InputError
from lavincli.media.clips import CLIP_SUFFIXES
from lavincli.media.files import walk_folder

_NUMBER: Final = re.compile(r"%0?\d*d")


class Named(NamedTuple):
    """An input: the folder it was found in, and its path below it (`key`, with forward slashes)."""

    folder: str
    key: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.folder, self.key)

    @property
    def name(self) -> str:
        """The same as text, which takes a fraction of the time; a plan may look at millions."""
        return posixpath.join(self.folder, self.key)


def find_inputs(inputs: Sequence[Path], *, leave_out: Path | None = None, root: Path | None = None) -> Iterator[Named]:
    """The pictures and videos among `inputs`, one after the other, in the order given.

    - A folder is walked recursively in sorted order, without hidden entries and the folder `leave_out`; the key of what
      is in it is the path below it.
    - A pattern (``photos/**/*.jpg``) is matched without the shell; keys are paths below the part that has no wildcard.
    - A file that is named itself is always listed, even if it is missing; its key is its name.
    - So are numbered pictures that are a video's frames (``frames/%05d.png``).

    With `root`, keys are paths below it in every case. Raises InputError for a folder or a pattern without pictures, or
    an input that isn't below `root`.
    """
    found = (one for path in inputs for one in _find(path, leave_out))
    return found if root is None else (Named(str(root), below_root(one.path, root)) for one in found)


def is_sequence(path: Path | str) -> bool:
    """Whether a name stands for numbered pictures: it has ``%d`` or the like (``%05d``) in its last part."""
    return _NUMBER.search(posixpath.basename(path)) is not None


def tidy(path: str) -> str:
    """A path as a key: below the working directory where it lies there, else without its root; never with ``..``."""
    whole = posixpath.abspath(path)
    below = posixpath.relpath(whole)
    if below.split(os.sep, 1)[0] == os.pardir:
        below = os.path.splitdrive(whole)[1].lstrip(os.sep)
    return Path(below).as_posix()


def _find(path: Path, leave_out: Path | None) -> Iterator[Named]:
    if path.is_dir():
        yield from _in_folder(path, leave_out)
    elif glob.has_magic(str(path)) and not os.path.lexists(path):
        yield from _matches(path, leave_out)
    elif is_sequence(path):
        # frames/%05d.png is called like its folder: its own name says next to nothing.
        yield Named(str(path.parent.parent), "/".join((*path.parts[-2:-1], path.name)))
    else:
        yield Named(str(path.parent), path.name)


def _in_folder(folder: Path, leave_out: Path | None) -> Iterator[Named]:
    keys = sorted(walk_folder(folder, leave_out, CLIP_SUFFIXES))
    if not keys:
        known = " ".join(sorted(CLIP_SUFFIXES))
        raise InputError(f"{folder}: no image files or videos in this folder; known: {known}")
    for key in keys:
        yield Named(str(folder), key)


def _matches(pattern: Path, leave_out: Path | None) -> Iterator[Named]:
    """What a pattern matches: files by their suffix, and all of a folder unless ``**`` finds that anyway."""
    plain = next(place for place, part in enumerate(pattern.parts) if glob.has_magic(part))
    base = Path(*pattern.parts[:plain])
    excluded = None if leave_out is None else leave_out.resolve()
    empty = True
    for match in sorted(glob.glob(str(pattern), recursive=True)):  # noqa: PTH207 - takes absolute patterns
        path = Path(match)
        if excluded is not None and _is_inside(path.parent, excluded):
            continue
        if path.is_dir():
            keys = [] if pattern.name == "**" else sorted(walk_folder(path, leave_out, CLIP_SUFFIXES))
        else:
            keys = [""] if path.suffix.lower() in CLIP_SUFFIXES else []
        for key in keys:
            empty = False
            yield Named(str(base), (path / key).relative_to(base).as_posix())
    if empty:
        raise InputError(f"{pattern}: nothing matches, or no image files or videos do; check the pattern")


@lru_cache(maxsize=64)
def _is_inside(folder: Path, other: Path) -> bool:
    return folder.resolve().is_relative_to(other)


def below_root(path: str | Path, root: Path) -> str:
    """A path as a key below `root`. Raises InputError if it lies elsewhere."""
    whole, top = posixpath.abspath(path), posixpath.abspath(root)
    if posixpath.commonpath((whole, top)) != top:
        raise InputError(f"{path}: isn't below {root}; name another folder with --root")
    return Path(posixpath.relpath(whole, top)).as_posix()
