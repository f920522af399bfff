"""Splits of a data set that has none of its own: by a hash of each item's key, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from lavincli.errors import InputError

Item = TypeVar("Item")


def hash_split(items: Sequence[Item], key: Callable[[Item], str], split: str, test_share: float) -> list[Item]:
    """The items of ``split`` ("train" or "test"), where about ``test_share`` of all belong to the test split.

    An item's place doesn't change when others come or go. With a share of 0 there is no split: both are everything.
    Raises InputError for another split, ValueError for a share outside [0, 1).
    """
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test")
    if not 0 <= test_share < 1:
        raise ValueError(f"test_share is a share from 0 up to 1, not {test_share}")
    if test_share == 0:
        return list(items)
    return [item for item in items if (_place(key(item)) < test_share) == (split == "test")]


def _place(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
