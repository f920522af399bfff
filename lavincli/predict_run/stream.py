"""Items from a pipe: paths, one after the other, answered as they come."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

from lavincli.errors import InputError
from lavincli.predict_run.channel import Channel, fill_in_thread
from lavincli.predict_run.inputs import below_root, tidy
from lavincli.predict_run.items import Item
from lavincli.predict_run.stems import folded, looks_like_an_answer, printable, stems_of_several, without_suffix
from lavincli.processes import Share
from lavincli.views import claimed

_BLOCK = 65536


class Pipe(Protocol):
    """A binary file that gives what is there: ``sys.stdin.buffer``."""

    def read1(self, size: int, /) -> bytes:
        """Some bytes, as soon as there are any; none at the end."""


def read_paths(pipe: Pipe, *, null: bool = False) -> Iterator[str]:
    """Paths from a pipe, each as soon as it is there: one a line, or with `null` each ending in a zero byte."""
    separator = b"\0" if null else b"\n"
    rest = b""
    while block := pipe.read1(_BLOCK):
        *whole, rest = (rest + block).split(separator)
        yield from (os.fsdecode(path) for path in whole if path)
    if rest:
        yield os.fsdecode(rest)


class Stream:
    """Items made of paths as they come; what isn't there yet can't be known.

    A path's key is the path itself: below the working directory or `root` where it lies there, else without its root.
    Whether an answer keeps its input's suffix is told from what lies beside the input. What would still be written
    where another answer of the run is, or over an input, fails for itself.

    Args:
        paths: the paths.
        output: the folder of the answers.
        save: the kinds of files to write for each item.
        root: what keys are below.
        share: the part of the paths that this process answers.
    """

    def __init__(
        self,
        paths: Iterable[str],
        output: Path,
        *,
        save: Sequence[str] = ("value",),
        root: Path | None = None,
        share: Share | None = None,
    ) -> None:
        self._paths, self._root, self._share, self._save = paths, root, share, save
        self._target = str(output.resolve())
        self._taken: dict[int, int] = {}

    def chunks(self, size: int) -> Iterator[list[Item]]:
        """What has come meanwhile, at most `size` items at a time: nothing waits for a batch to be full."""
        come: Channel[Item] = Channel(size)
        fill_in_thread(self._items(), come, "paths")
        while chunk := come.take(size):
            yield chunk

    def _items(self) -> Iterator[Item]:
        for path in self._paths:
            try:
                key = tidy(path) if self._root is None else below_root(path, self._root)
            except InputError as error:
                yield Item(Path(path), printable(tidy(path)), "", error=str(error))
                continue
            if self._share is None or self._share.has(key):
                yield self._item(path, key)

    def _item(self, path: str, key: str) -> Item:
        stem = without_suffix(key)
        shared = folded(posixpath.basename(stem)) in stems_of_several(Path(path).parent)
        stem = printable(key if shared or looks_like_an_answer(folded(stem)) else stem)
        error = None
        if self._taken.setdefault(hash(folded(stem)), hash(key)) != hash(key):
            error = f"{path}: its answer would go to '{stem}', where another one is; rename it"
        elif self._replaces(path, stem):
            error = f"{path}: an answer would lie beside it or replace it; name another output folder"
        return Item(Path(path), printable(key), stem, error=error)

    def _replaces(self, path: str, stem: str) -> bool:
        folder, name = posixpath.split(path)
        source = posixpath.join(_real(folder), posixpath.splitext(name)[0])
        return any(posixpath.join(self._target, str(one)) == source for one in claimed(PurePosixPath(stem), self._save))


@lru_cache(maxsize=256)
def _real(folder: str) -> str:
    return posixpath.realpath(folder)
