"""Files of Zarr's sharding codec: records of one size one after the other, and an index of where each lies.

Zarr core v3, codec ``sharding_indexed`` with the index at the end: for each record its offset and length (uint64, both
2^64 - 1 for a record that is missing), then a CRC-32C of these numbers. Records are neither compressed nor filtered, so
a reader can map the file and take them from it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np
import torch
from numcodecs.checksum32 import CRC32C
from numpy.typing import NDArray

from lavincli.errors import InputError

_MISSING: Final = 2**64 - 1
_CHECKSUM_BYTES: Final = 4
Index = NDArray[np.uint64]
"""``uint64 [N, 2]``: offset and length of each record."""


class ShardWriter:
    """Writes one shard, a record at a time, so that it never has to be in memory as a whole.

    The file appears complete, when the ``with`` block ends without an error, or not at all. What a killed writer has
    left is written over; a second one beside a first is refused (InputError).

    Args:
        path: the file.
        records: how many the shard can hold.
    """

    def __init__(self, path: Path, records: int) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.partial")
        self._index = np.full((records, 2), _MISSING, dtype="<u8")
        self._end = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _open_alone(self._temporary)
        return self

    def add(self, place: int, record: bytes) -> None:
        """Append the record that belongs at ``place`` in the shard, counted from 0."""
        assert self._file is not None, "records are added inside the with block"
        assert self._index[place, 0] == _MISSING, f"record {place} is there already"
        with _naming(self._path):
            self._file.write(record)
        self._index[place] = self._end, len(record)
        self._end += len(record)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._file is not None
        done = False
        try:
            if kind is None:
                with _naming(self._path):
                    self._finish(self._file)
                done = True
        finally:
            if not done:
                self._temporary.unlink(missing_ok=True)
            # Last, because it gives the lock back; what a full disk doesn't take is not wanted any more.
            with contextlib.suppress(OSError):
                self._file.close()

    def _finish(self, file: BinaryIO) -> None:
        index = self._index.tobytes()
        file.write(index + checksum(index).to_bytes(_CHECKSUM_BYTES, "little"))
        file.flush()
        os.fsync(file.fileno())
        self._temporary.replace(self._path)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """An error of writing says which file could not be written: the disk is full."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _open_alone(path: Path) -> BinaryIO:
    """Open a file to be written from its start, locked against other writers; they give it back also when killed."""
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(f"{path}: another process is writing this shard; wait for it, or stop it") from None
        # Another writer may have finished, and renamed the file, between the opening and the lock.
        if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            file.truncate(0)
            return file
        file.close()


class ShardReader:
    """Records of one shard, straight from the mapped file.

    Args:
        path: the file.
        records: how many the shard can hold.

    Raises InputError if the file is missing, cut off, or its index doesn't fit its checksum.
    """

    def __init__(self, path: Path, records: int) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                held = os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            raise InputError(f"{path}: the shard is missing; encode again, what is there is kept") from None
        if held == 0:
            raise InputError(f"{path}: the shard is empty; delete it and encode again")
        # Not the module mmap, whose mappings each keep a file open: a training reads from thousands of shards at once.
        self._bytes = torch.from_file(str(path), shared=False, size=held, dtype=torch.uint8).numpy()
        self._bytes.flags.writeable = False
        size = records * 16
        index = self._bytes[-size - _CHECKSUM_BYTES : -_CHECKSUM_BYTES].tobytes()
        noted = int.from_bytes(self._bytes[-_CHECKSUM_BYTES:].tobytes(), "little")
        if len(index) != size or checksum(index) != noted:
            raise InputError(f"{path}: the shard is damaged (its index is not what was written); encode it again")
        self.index: Index = np.frombuffer(index, "<u8").reshape(records, 2)
        ends = self.index.sum(axis=1)[self.index[:, 0] != _MISSING]
        if len(ends) and int(ends.max()) > len(self._bytes) - size - _CHECKSUM_BYTES:
            raise InputError(f"{path}: the shard is damaged (a record lies behind its end); encode it again")
        # Plain numbers: a look into an array would take as long as the whole read.
        self._offsets: list[int] = self.index[:, 0].tolist()

    def read(self, place: int, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        """One record of ``count`` values, a view of the mapped file. Raises InputError if it is missing."""
        offset = self._offsets[place]
        if offset == _MISSING:
            raise InputError(f"{self._path}: record {place} of the shard is missing (its item could not be encoded)")
        return np.frombuffer(self._bytes, dtype, count, offset)


def checksum(data: bytes | memoryview) -> int:
    """CRC-32C, as Zarr computes it."""
    encoded = CRC32C(location="end").encode(bytes(data))
    return int.from_bytes(bytes(encoded[-_CHECKSUM_BYTES:]), "little")
