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
        key: tells the key of the sample, likewise, where that takes no reading: a sample asked for by its key is then
            the only one that is read.
    """

    def __init__(
        self, items: Sequence[Item], read: Callable[[Item], Sample], *, key: Callable[[Item], str] | None = None
    ) -> None:
        self._items = items
        self._read = read
        self._key = key

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> LazySamples[Item]: ...
    def __getitem__(self, index: int | slice) -> Sample | LazySamples[Item]:
        if isinstance(index, slice):
            return LazySamples(self._items[index], self._read, key=self._key)
        return self._read(self._items[index])

    @property
    def keys_are_known(self) -> bool:
        """Whether `key` reads nothing."""
        return self._key is not None

    def key(self, index: int) -> str:
        """The key of a sample."""
        return self[index].key if self._key is None else self._key(self._items[index])


def keys_are_known(samples: Sequence[Sample]) -> bool:
    """Whether `key_of` reads nothing."""
    return isinstance(samples, LazySamples) and samples.keys_are_known


def key_of(index: int, samples: Sequence[Sample]) -> str:
    """The key of a sample of any sequence; it is read for that where the sequence doesn't know better."""
    return samples.key(index) if isinstance(samples, LazySamples) else samples[index].key
