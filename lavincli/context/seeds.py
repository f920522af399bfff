"""Seeds that don't depend on order, batch or process: hashes of what an item is."""

from __future__ import annotations

import hashlib
import json

# Every reader of JSON keeps whole numbers up to 2^53 exact.
_BITS = 53


def stable_seed(*parts: str | int) -> int:
    """A seed in 0 .. 2^53 - 1 from the parts, the same on every machine."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _BITS)


def item_seed(seed: int, key: str) -> int:
    """The seed of one item of a run: from the run's seed and the item's key (its relative path)."""
    return stable_seed("item", seed, key)
