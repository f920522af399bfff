"""Which file of one folder belongs to which file of the folder beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from lavincli.errors import InputError
from lavincli.media.files import find_images

MATCHES: Final = ("name", "number", "prefix")
"""The rules by which two files make a pair, see `paired_folders`."""


@dataclass(frozen=True, slots=True)
class MatchedFiles:
    """The two files of a pair."""

    input: Path
    target: Path


def match_files(inputs: Path, targets: Path, match: str) -> Iterator[MatchedFiles]:
    """A pair for each image in the folder ``inputs`` and below it; targets that no input belongs to are passed over.

    Raises InputError: no image in a folder, an input without a target, two targets that fit alike.
    """
    of_input, of_target = _NAMES[match]
    known: dict[str, Path] = {}
    for file in find_images([targets]):
        name = of_target(file.key)
        if name in known:
            raise InputError(
                f"{file.path}: goes by the same {match} as {known[name]}; remove one, or choose another match"
            )
        known[name] = file.path
    for file in find_images([inputs]):
        name = of_input(file.key)
        if name not in known:
            raise InputError(f"{file.path}: no image in {targets} has its {match} '{name}'; add it or remove this file")
        yield MatchedFiles(file.path, known[name])


def _name(key: PurePosixPath) -> str:
    return key.with_suffix("").as_posix()


def _number(key: PurePosixPath) -> str:
    return str(key.parent / "-".join(str(int(digits)) for digits in re.findall(r"\d+", key.stem)))


def _prefix(key: PurePosixPath) -> str:
    return str(key.parent / key.stem.partition("_")[0])


_Naming = Callable[[PurePosixPath], str]
_NAMES: Final[dict[str, tuple[_Naming, _Naming]]] = {
    "name": (_name, _name),
    "number": (_number, _number),
    "prefix": (_prefix, _name),
}
