"""Tells whether a codec looked at the context: what it reads without is the same under every draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from lavincli.clip import Pair


class WatchedContext(Sequence[Pair]):
    """Example pairs, and whether anybody asked for one of them, or how many there are.

    Attributes:
        read: whether anybody did.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = tuple(pairs)
        self.read = False

    def __len__(self) -> int:
        self.read = True
        return len(self._pairs)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        self.read = True
        return self._pairs[index]
