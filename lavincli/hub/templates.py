"""The templates that come with published weights: folders of example pairs, which are context sets as they are."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lavincli.media.clips import CLIP_SUFFIXES
from lavincli.pair_files import SIDES


def is_template(name: str) -> bool:
    """Whether a file's name is that of one side of a pair: ``<id>_input.png``, ``<id>_target.mp4``."""
    path = PurePosixPath(name)
    stem, _, side = path.stem.rpartition("_")
    return bool(stem) and side in SIDES and path.suffix.lower() in CLIP_SUFFIXES and not path.name.startswith(".")


def copy_templates(roots: Sequence[Path], contexts: Path) -> list[str]:
    """Copy every folder of whole pairs below the roots to ``contexts/<name>/``; returns the names, sorted.

    The name is that of the folder; of two folders called alike, that of the folder above is put in front.
    """
    folders = [(root, folder) for root in roots for folder in _with_pairs(root)]
    made: list[str] = []
    for root, folder in folders:
        alike = [other for _, other in folders if other.name == folder.name]
        name = folder.name if len(alike) == 1 else "-".join(folder.relative_to(root).parts) or folder.name
        target = contexts / name
        target.mkdir(parents=True)
        for file in _pairs(folder):
            shutil.copyfile(file, target / file.name)
        made.append(name)
    return sorted(made)


def _with_pairs(root: Path) -> list[Path]:
    folders = {file.parent for file in root.rglob("*") if is_template(file.name)}
    return sorted(folder for folder in folders if _pairs(folder))


def _pairs(folder: Path) -> list[Path]:
    """The files of a folder whose partner is there too."""
    sides: dict[str, dict[str, Path]] = {}
    for file in sorted(folder.iterdir()):
        if file.is_file() and is_template(file.name):
            stem, _, side = file.stem.rpartition("_")
            sides.setdefault(stem, {})[side] = file
    return [file for pair in sides.values() if len(pair) == len(SIDES) for file in pair.values()]
