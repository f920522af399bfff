"""Folders of example pairs as files: ``<id>_input.png`` beside ``<id>_target.png``, the published template layout.

Pairs of clips are ``<id>_input.mp4`` beside ``<id>_target.mp4``; any picture or video format will do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lavincli.errors import InputError
from lavincli.media.clips import CLIP_SUFFIXES

SIDES = ("input", "target")
LAYOUT = "<id>_input.png beside <id>_target.png (or .mp4 for clips)"


@dataclass(frozen=True, slots=True)
class PairFiles:
    """The two files of one pair; ``key`` is the path of the pair below its folder, without ``_input`` and suffix."""

    key: str
    input: Path
    target: Path


def list_pairs(folder: Path) -> list[PairFiles]:
    """The pairs in ``folder`` and below it, numbers in their ids in numerical order; other files are passed over.

    Raises InputError: no such folder, no pair in it, a file whose partner is missing.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; pairs are {LAYOUT}")
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*")):
        stem, _, side = path.stem.rpartition("_")
        if not stem or side not in SIDES or path.suffix.lower() not in CLIP_SUFFIXES or _is_hidden(path, folder):
            continue
        key = (path.parent.relative_to(folder) / stem).as_posix()
        sides = found.setdefault(key, {})
        if side in sides:
            raise InputError(f"{path}: pair '{key}' already has the {side} {sides[side].name}; remove one of the two")
        sides[side] = path
    if not found:
        raise InputError(f"{folder}: no pairs found; expected {LAYOUT}")
    for key, sides in found.items():
        for side, other in zip(SIDES, reversed(SIDES), strict=True):
            if side not in sides:
                there = sides[other]
                wanted = there.with_name(f"{Path(key).name}_{side}{there.suffix}")
                raise InputError(f"{there}: its partner {wanted.name} is missing; add it or remove this file")
    return [PairFiles(key, found[key]["input"], found[key]["target"]) for key in sorted(found, key=_natural)]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _natural(key: str) -> list[tuple[int, int, str]]:
    """Sorts 'pair2' before 'pair10'."""
    parts = re.split(r"(\d+)", key)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]
