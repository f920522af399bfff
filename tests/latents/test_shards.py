"""Shards: what we write, zarr reads; what zarr writes, we read; what is damaged is found."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from lavincli.errors import InputError
from lavincli.latents.quantise import from_int8, to_int8
from lavincli.latents.shards import ShardReader, ShardWriter

RANDOM = np.random.default_rng(0)
SHAPE = (16, 2, 3, 5)
COUNT = 16 * 2 * 3 * 5
HALF = np.dtype("<f2")


def make_array(folder: Path, records: int, held: int) -> zarr.Array[Any]:
    return zarr.create_array(
        folder / "a.zarr",
        shape=(records, *SHAPE),
        shards=(held, *SHAPE),
        chunks=(1, *SHAPE),
        dtype="float16",
        compressors=None,
        filters=None,
        fill_value=0,
    )


def shard_path(folder: Path, shard: int) -> Path:
    return folder / "a.zarr" / "c" / str(shard) / "0" / "0" / "0" / "0"


def test_no_file_stays_open(tmp_path: Path) -> None:
    """A training reads from thousands of shards, and systems allow 1024 open files, or 256."""
    for number in range(40):
        with ShardWriter(tmp_path / str(number), 1) as writer:
            writer.add(0, bytes([number]))
    next_one = os.open(os.devnull, os.O_RDONLY)
    os.close(next_one)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_one + 10, before[1]))
    try:
        readers = [ShardReader(tmp_path / str(number), 1) for number in range(40)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert [reader.read(0, np.dtype(np.uint8), 1)[0] for reader in readers] == list(range(40))
    assert not readers[0].read(0, np.dtype(np.uint8), 1).flags.writeable


def test_zarr_reads_what_is_written_in_any_order_and_with_gaps(tmp_path: Path) -> None:
    array = make_array(tmp_path, 5, 3)
    values = RANDOM.normal(size=(5, *SHAPE)).astype(np.float16)
    with ShardWriter(shard_path(tmp_path, 0), 3) as shard:
        for place in (2, 0):
            shard.add(place, values[place].tobytes())
    with ShardWriter(shard_path(tmp_path, 1), 3) as shard:
        for place in (0, 1):
            shard.add(place, values[3 + place].tobytes())
    np.testing.assert_array_equal(array[[0, 2, 3, 4]], values[[0, 2, 3, 4]])
    assert not np.asarray(array[1]).any()
    reader = ShardReader(shard_path(tmp_path, 0), 3)
    assert reader.read(2, HALF, COUNT).tobytes() == values[2].tobytes()
    with pytest.raises(InputError, match="record 1 of the shard is missing"):
        reader.read(1, HALF, COUNT)


def test_what_zarr_writes_is_read(tmp_path: Path) -> None:
    array = make_array(tmp_path, 5, 3)
    values = RANDOM.normal(size=(5, *SHAPE)).astype(np.float16)
    array[:] = values
    for record in range(5):
        reader = ShardReader(shard_path(tmp_path, record // 3), 3)
        assert reader.read(record % 3, HALF, COUNT).tobytes() == values[record].tobytes()


def test_an_interrupted_shard_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "c" / "0"

    def write(stop: bool) -> None:
        with ShardWriter(path, 2) as shard:
            shard.add(0, b"1234")
            if stop:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(stop=True)
    assert not list(path.parent.iterdir())
    # What a killed process leaves is written over.
    (path.parent / ".0.partial").write_bytes(b"x" * 100)
    write(stop=False)
    with ShardWriter(path, 2) as shard:
        shard.add(0, b"1234")
        with pytest.raises(InputError, match="another process is writing"), ShardWriter(path, 2):
            pass
    assert [file.name for file in path.parent.iterdir()] == ["0"]
    assert ShardReader(path, 2).read(0, np.dtype(np.uint8), 4).tobytes() == b"1234"


@pytest.mark.parametrize("most", [40_010, 30_000])
def test_a_full_disk_is_told_with_the_file_and_leaves_nothing(tmp_path: Path, most: int) -> None:
    """A limit on the size of files stands for it: it is met by the index, or by the records before."""
    path, before = tmp_path / "0", resource.getrlimit(resource.RLIMIT_FSIZE)

    def write() -> None:
        with ShardWriter(path, 2) as shard:
            for place in range(2):
                shard.add(place, bytes(20_000))

    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.filename == str(path)
    assert not list(tmp_path.iterdir())
    write()


@pytest.mark.parametrize("damage", ["cut", "index", "empty", "gone"])
def test_damage_is_found(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "0"
    with ShardWriter(path, 2) as shard:
        for place in range(2):
            shard.add(place, bytes(range(40)))
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        data[-10] ^= 255
        path.write_bytes({"cut": bytes(data[:30]), "index": bytes(data), "empty": b""}[damage])
    with pytest.raises(InputError, match=f"{path}: the shard is"):
        ShardReader(path, 2)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_eight_bits_keep_half_a_scale(seed: int, size: float) -> None:
    latents = (np.random.default_rng(seed).normal(size=SHAPE) * size).astype(np.float32)
    latents[3] = 0
    values, scales = to_int8(latents)
    assert values.dtype == np.int8
    error = np.abs(from_int8(values, scales) - latents).max(axis=(1, 2, 3))
    assert (error <= scales * 0.5001).all()
    assert error[3] == 0
