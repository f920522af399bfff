"""The plan of a run: every input and where its answer goes, known before any work is done.

It holds a key an item and some bytes beside it, so that a million items take little more than their names.
"""

from __future__ import annotations

import posixpath
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from lavincli.errors import InputError
from lavincli.predict_run.inputs import Named, find_inputs
from lavincli.predict_run.items import Item
from lavincli.predict_run.stems import folded, looks_like_an_answer, may_be_video, printable, without_suffix
from lavincli.processes import Share
from lavincli.views import claimed

HERE: Final = (".",)
"""Answers go into the output folder itself."""


class Plan:
    """Inputs, and where their answers go; iterating over it gives `Item`s.

    Args:
        found: the inputs, in order; one that comes twice is taken once.
        output: the folder of the answers.
        folders: those below it that all answers go to, once for each.
        save: the kinds of files to write for each item.
        share: the part of the inputs that this process answers. Collisions are looked for among all.

    Raises InputError: two answers that would go to one place, an answer that would replace its input.
    """

    def __init__(
        self,
        found: Iterable[Named],
        output: Path,
        *,
        folders: Sequence[str] = HERE,
        save: Sequence[str] = ("value",),
        share: Share | None = None,
    ) -> None:
        self._folders: list[str] = []
        self._folder_of = array("L")
        self._keys: list[str] = []
        self._take(found)
        self._whole = bytearray(len(self._keys))
        self._keep_suffixes()
        self._refuse_collisions()
        for folder in folders:
            self._refuse_writing_over_inputs(output / folder, save)
        self._mine = bytearray(share is None or share.has(key) for key in self._keys)

    def __len__(self) -> int:
        return sum(self._mine)

    def __iter__(self) -> Iterator[Item]:
        for place in compress(range(len(self._keys)), self._mine):
            yield Item(self._named(place).path, printable(self._keys[place]), self._stem(place))

    def chunks(self, size: int) -> Iterator[list[Item]]:
        """The items, `size` at a time; the same ones together in every run."""
        items = iter(self)
        while chunk := list(islice(items, size)):
            yield chunk

    @property
    def names_kept_whole(self) -> int:
        """How many answers keep their input's suffix in their name, because they would collide without."""
        return sum(self._whole)

    def _named(self, place: int) -> Named:
        return Named(self._folders[self._folder_of[place]], self._keys[place])

    def _stem(self, place: int) -> str:
        key = self._keys[place]
        return printable(key if self._whole[place] else without_suffix(key))

    def _take(self, found: Iterable[Named]) -> None:
        numbers: dict[str, int] = {}
        for folder, key in found:
            if folder not in numbers:
                numbers[folder] = len(self._folders)
                self._folders.append(folder)
            self._folder_of.append(numbers[folder])
            self._keys.append(key)
        again: set[int] = set()
        for places in self._same(hash(self._identity(place)) for place in self._places()):
            seen: set[tuple[str, str]] = set()
            for place in places:
                (again.add(place) if self._identity(place) in seen else seen.add(self._identity(place)))
        if again:
            self._keys = [key for place, key in enumerate(self._keys) if place not in again]
            self._folder_of = array("L", (one for place, one in enumerate(self._folder_of) if place not in again))

    def _identity(self, place: int) -> tuple[str, str]:
        return posixpath.normpath(self._named(place).name), self._keys[place]

    def _places(self) -> range:
        return range(len(self._keys))

    def _same(self, hashes: Iterable[int]) -> Iterator[list[int]]:
        """The places of items with one hash, in order, where there are several."""
        values = np.fromiter(hashes, np.int64, len(self._keys))
        order = np.argsort(values, kind="stable")
        changes = np.flatnonzero(values[order][1:] != values[order][:-1]) + 1
        edges = np.concatenate(([0], changes, [len(values)]))
        for group in np.flatnonzero(np.diff(edges) > 1):
            yield [int(place) for place in order[edges[group] : edges[group + 1]]]

    def _keep_suffixes(self) -> None:
        """Mark the items whose answers need their input's suffix, by the rules of `lavincli.predict_run.stems`."""
        like_folders, folders = self._folder_names()
        for place, key in enumerate(self._keys):
            stem = folded(without_suffix(key))
            self._whole[place] = (
                looks_like_an_answer(stem) or stem in like_folders or (stem in folders and may_be_video(key))
            )
        # A name that was kept whole may be another's without its suffix: cat.jpg, cat.png and cat.jpg.png.
        changed = True
        while changed:
            changed = False
            for places in self._same(hash(folded(self._stem(place))) for place in self._places()):
                for place in places:
                    changed |= not self._whole[place]
                    self._whole[place] = True

    def _folder_names(self) -> tuple[set[str], set[str]]:
        """Stems whose answers could have a folder's name (``a`` for ``a.png/``), and the folders' names."""
        stems = (without_suffix(key) for key in self._keys if "/" in key)  # frames/%05d.png is answered as frames
        folders = {parent for stem in stems for parent in _parents(folded(stem))}
        like = {
            folder[:place]
            for folder in folders
            for place in range(folder.rfind("/") + 2, len(folder))
            if folder[place] == "."
        }
        return like, folders

    def _refuse_collisions(self) -> None:
        for places in self._same(hash(folded(self._stem(place))) for place in self._places()):
            first, second = (self._named(place).path for place in places[:2])
            raise InputError(
                f"{first} and {second} would both be answered in '{self._stem(places[0])}'; name the folder above "
                "both as the input, or as --root, or run twice with two output folders"
            )
        like_folders, _ = self._folder_names()
        for place in compress(self._places(), self._whole):
            if folded(self._stem(place)) in like_folders:
                path = self._named(place).path
                raise InputError(f"{path}: a folder has the name that its answer would get; rename one of them")

    def _refuse_writing_over_inputs(self, output: Path, save: Sequence[str]) -> None:
        """No answer may lie beside its input under the same name: it would replace it, or look as if it had."""
        target = str(output.resolve())
        resolved: dict[str, str] = {}
        sources: dict[str, int] = {}
        for place, key in enumerate(self._keys):
            parent = posixpath.dirname(self._named(place).name)
            if parent not in resolved:
                resolved[parent] = posixpath.realpath(parent)
            if posixpath.commonpath((resolved[parent], target)) == target:
                below = posixpath.relpath(posixpath.join(resolved[parent], posixpath.basename(key)), target)
                sources[posixpath.splitext(below)[0]] = place
        if not sources:
            return
        for place in self._places():
            for claim in claimed(PurePosixPath(self._stem(place)), save):
                if (source := sources.get(str(claim))) is not None:
                    path = self._named(source).path
                    raise InputError(f"{path}: an answer would lie beside it or replace it; name another output folder")


def make_plan(
    inputs: Sequence[Path],
    output: Path,
    *,
    folders: Sequence[str] = HERE,
    save: Sequence[str] = ("value",),
    root: Path | None = None,
    share: Share | None = None,
) -> Plan:
    """Find the inputs (see `find_inputs`) and where their answers go.

    Raises InputError like both, and for an output that is a file.
    """
    for place in (output, *(output / folder for folder in folders)):
        if place.exists() and not place.is_dir():
            raise InputError(f"{place}: is a file where the output folder should be; name another folder")
    found = find_inputs(inputs, leave_out=output, root=root)
    return Plan(found, output, folders=folders, save=save, share=share)


def _parents(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key
