"""A sequence of samples that are read when they are asked for: what most loaders return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

from lavincli.clip import Sample

Item = TypeVar("Item")


class LazySamples(Sequence[Sample], Generic[Item]):
    """``read(item)`` for every item, called on each access; nothing is kept and no file stays open.

    Args:
        items: what tells one sample from another, for example paths.
        read: makes the sample; a module-level function (or a functools.partial of one), so that worker processes can
            be sent the sequence.
    """

    def __init__(self, items: Sequence[Item], read: Callable[[Item], Sample]) -> None:
        self._items = items
        self._read = read

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> LazySamples[Item]: ...
    def __getitem__(self, index: int | slice) -> Sample | LazySamples[Item]:
        if isinstance(index, slice):
            return LazySamples(self._items[index], self._read)
        return self._read(self._items[index])
