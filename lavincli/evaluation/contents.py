"""Hashes of what is scored: native values of any kind, by their content."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np


def content_hash(*values: Any) -> str:
    """sha256 of clips, arrays, dataclasses, mappings, sequences, numbers and texts, by type, shape and content.

    A value of another type counts by what `repr` says of it.
    """
    digest = hashlib.sha256()
    for value in values:
        for part in _parts(value):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__.encode()
        for field in dataclasses.fields(value):
            yield field.name.encode()
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)}".encode()
        for key in sorted(value, key=str):
            yield str(key).encode()
            yield from _parts(value[key])
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield f"sequence {len(value)}".encode()
        for one in value:
            yield from _parts(one)
    else:
        yield f"{type(value).__name__} {value!r}".encode()
