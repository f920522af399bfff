"""Which image files lie in a folder."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from lavincli.errors import InputError

IMAGE_SUFFIXES: Final = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
        *(".ppm", ".pgm", ".pnm", ".avif", ".jp2", ".tga"),
    )
)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An input file. `key`: its path below the folder it was found in (or its name, if it was named itself)."""

    path: Path
    key: PurePosixPath


def find_images(inputs: Sequence[Path], *, leave_out: Path | None = None) -> list[ImageFile]:
    """The image files among `inputs`, in the order given; a folder is walked recursively, in sorted order.

    In folders, hidden entries and names without an image suffix are passed over, and so is the folder `leave_out` (an
    output folder inside the input). A file that is named itself is always listed, whatever its suffix and even if it is
    missing, so that its failure is recorded beside the others' success. What is named twice is listed once.
    Raises InputError for a folder without images.
    """
    found: list[ImageFile] = []
    for path in inputs:
        if path.is_dir():
            keys = sorted(walk_folder(path, leave_out, IMAGE_SUFFIXES))
            in_folder = [ImageFile(path / key, PurePosixPath(key)) for key in keys]
            if not in_folder:
                raise InputError(f"{path}: no image files in this folder; known: {' '.join(sorted(IMAGE_SUFFIXES))}")
            found.extend(in_folder)
        else:
            found.append(ImageFile(path, PurePosixPath(path.name)))
    return list(dict.fromkeys(found))


def walk_folder(root: Path, leave_out: Path | None, suffixes: Container[str]) -> Iterator[str]:
    """Paths below `root`, with forward slashes, of the files with one of `suffixes` (small letters), in no order.

    Hidden entries and the folder `leave_out` are passed over. Links to folders may loop: they are not followed.
    Raises InputError for a folder that can't be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: folder can't be read ({error.strerror}); check its permissions") from error

    excluded = leave_out.resolve() if leave_out is not None else None
    for folder, subfolders, names in os.walk(root, onerror=refuse):
        here = Path(folder)
        subfolders[:] = [
            name
            for name in subfolders
            if not name.startswith(".") and (excluded is None or (here / name).resolve() != excluded)
        ]
        below = "" if here == root else f"{here.relative_to(root).as_posix()}/"
        for name in names:
            if not name.startswith(".") and posixpath.splitext(name)[1].lower() in suffixes:
                yield below + name
