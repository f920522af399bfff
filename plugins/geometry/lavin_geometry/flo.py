"""Middlebury's ``.flo`` files of optical flow (Baker et al., "A database and evaluation methodology", IJCV 2011).

Little-endian: float32 202021.25 ("PIEH" in ASCII), int32 width, int32 height, then float32 u, v of each pixel, row by
row. A value beyond 1e9 means that the flow is not known.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.atomic import atomic_write_bytes
from lavincli.errors import InputError
from lavincli.media.images import read_bytes

_TAG: Final = struct.pack("<f", 202021.25)
_HEADER: Final = struct.Struct("<4sii")
_UNKNOWN: Final = 1e9
_WRITTEN_FOR_UNKNOWN: Final = 1e10


def read_flo(path: Path) -> NDArray[np.float32]:
    """Flow as ``float32 [H, W, 2]`` (u = columns, v = rows, in pixels), NaN where it is not known.

    Raises InputError: no such file, no ``.flo`` file, or of another length than its header says.
    """
    data = read_bytes(path)
    if len(data) < _HEADER.size or not data.startswith(_TAG):
        raise InputError(f"{path}: is not a .flo file (it doesn't start with the number 202021.25); check its content")
    _, width, height = _HEADER.unpack_from(data)
    expected = _HEADER.size + 8 * width * height
    if width < 1 or height < 1 or len(data) != expected:
        raise InputError(
            f"{path}: has {len(data)} bytes where {width} x {height} pixels take {expected}; restore it from its source"
        )
    flow = np.frombuffer(data, "<f4", offset=_HEADER.size).astype(np.float32).reshape(height, width, 2)
    # Also catches NaN, which no comparison holds for.
    flow[~(np.abs(flow) <= _UNKNOWN).all(axis=2)] = np.nan
    return flow


def write_flo(path: Path, flow: NDArray[np.floating]) -> None:
    """Write ``[H, W, 2]`` atomically; missing parent folders are made. Raises ValueError for another shape."""
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise ValueError(f"a .flo file holds [H, W, 2], not {list(flow.shape)}")
    known = np.isfinite(flow).all(axis=2, keepdims=True)
    values = np.where(known, flow, _WRITTEN_FOR_UNKNOWN).astype("<f4")
    atomic_write_bytes(path, _HEADER.pack(_TAG, flow.shape[1], flow.shape[0]) + values.tobytes())
