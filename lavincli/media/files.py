"""Which image files a command is about, and where in a mirrored output tree each answer goes."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
            in_folder = [ImageFile(path / key, PurePosixPath(key)) for key in sorted(_walk(path, leave_out))]
            if not in_folder:
                raise InputError(f"{path}: no image files in this folder; known: {' '.join(sorted(IMAGE_SUFFIXES))}")
            found.extend(in_folder)
        else:
            found.append(ImageFile(path, PurePosixPath(path.name)))
    return list(dict.fromkeys(found))


def _walk(root: Path, leave_out: Path | None) -> Iterator[str]:
    """Paths of image files relative to `root`, with forward slashes. Links to folders may loop: not followed."""

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
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES:
                yield (here / name).relative_to(root).as_posix()


def output_stems(files: Sequence[ImageFile]) -> list[PurePosixPath]:
    """Where each file's answer goes below the output folder: its key without the suffix.

    Where two files of one folder differ in their suffix only (``a.jpg``, ``a.png``), both keep it (``a.jpg``, ``a.png``
    are then the stems of ``a.jpg.png``, ``a.png.png``). Names are compared as a file system that ignores case and
    Unicode form would. Raises InputError, before any work is done, if two answers would still go to one place.
    """
    by_stem: defaultdict[str, int] = defaultdict(int)
    for file in files:
        by_stem[_folded(file.key.with_suffix(""))] += 1
    stems = [file.key if by_stem[_folded(file.key.with_suffix(""))] > 1 else file.key.with_suffix("") for file in files]
    taken: dict[str, ImageFile] = {}
    for file, stem in zip(files, stems, strict=True):
        other = taken.setdefault(_folded(stem), file)
        if other is not file:
            raise InputError(
                f"{other.path} and {file.path} would both be answered in '{stem}'; "
                "name the folder above both as the input, or run twice with two output folders"
            )
    return stems


def _folded(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
