"""Random reads of latents: this project's reader, zarr-python, and a bare memory map, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from lavincli import __version__
from lavincli.latents.layout import ENCODED, SetInfo, StoreInfo
from lavincli.latents.reader import RecordReader
from lavincli.latents.shards import ShardWriter
from lavincli.latents.store import LatentSet, Notes, create_store

_ROUNDS: Final = 5
# zarr-python takes milliseconds a read: a part of them tells its rate as well.
_ZARR_SHARE: Final = 16


@dataclass(frozen=True, slots=True)
class ReadRates:
    """Records a second, the median of several rounds in which the ways take turns.

    Attributes:
        records: how many records the store holds; each round of ours and of the map reads as many, at random.
        record_bytes: size of one.
        reader: of `lavincli.latents.reader.RecordReader`, copied out.
        memmap: of ``numpy.memmap`` over one file of bare records, copied out.
        zarr: of ``zarr.Array[i]``.
    """

    records: int
    record_bytes: int
    reader: float
    memmap: float
    zarr: float


def measure_reads(folder: Path, *, records: int = 8192, resolution: int = 256, seed: int = 0) -> ReadRates:
    """Make a store of random latents in ``folder``, the same numbers as one bare file, and read both at random."""
    values = np.random.default_rng(seed).standard_normal((records, 16, 1, resolution // 8, resolution // 8))
    latents = values.astype(np.float16)
    reader, array = _store(folder / "reads.zarr", latents, resolution)
    bare = folder / "bare.npy"
    np.save(bare, latents, allow_pickle=False)
    mapped = np.load(bare, mmap_mode="r", allow_pickle=False)
    order = np.random.default_rng(seed + 1).permutation(records).tolist()
    few = order[: max(1, records // _ZARR_SHARE)]
    np.testing.assert_array_equal(reader[order[0]], mapped[order[0]])
    rates: dict[str, list[float]] = {"reader": [], "memmap": [], "zarr": []}
    for _ in range(_ROUNDS):
        rates["reader"].append(_rate(lambda record: np.array(reader[record]), order))
        rates["memmap"].append(_rate(lambda record: np.array(mapped[record]), order))
        rates["zarr"].append(_rate(lambda record: array[record], few))
    medians = {name: float(np.median(found)) for name, found in rates.items()}
    return ReadRates(records, latents[0].nbytes, **medians)


def _rate(read: Callable[[int], Any], order: list[int]) -> float:
    started = time.perf_counter()
    for record in order:
        read(record)
    return len(order) / (time.perf_counter() - started)


def _store(path: Path, latents: np.ndarray[Any, np.dtype[np.float16]], resolution: int) -> tuple[RecordReader, Any]:
    """A store with the latents as the inputs of one set; the reader of them, and zarr's array."""
    info = StoreInfo(
        stvae="random",
        model="random",
        latent_shift=0,
        latent_scale=1,
        storage="float16",
        logvar=False,
        lavin=__version__,
    )
    count, held = len(latents), max(1, 128 * 2**20 // latents[0].nbytes)
    found = create_store(path, info).require_set(
        SetInfo(
            task="random",
            card_version=1,
            card={},
            dataset="random",
            split="test",
            resolution=resolution,
            frames=(1, 1),
            count=count,
            keys_hash="random",
            seed=0,
            augmented=False,
            records_per_shard=held,
        )
    )
    for shard in range(found.info.shards):
        _write(found, shard, latents)
    return RecordReader(found, "input"), found.array("input")


def _write(found: LatentSet, shard: int, latents: np.ndarray[Any, np.dtype[np.float16]]) -> None:
    places = found.info.places(shard)
    with ShardWriter(found.shard_file("input", shard), found.info.records_per_shard) as writer:
        for place, record in enumerate(places):
            writer.add(place, latents[record].tobytes())
    texts = np.array([str(record) for record in places], dtype=np.dtypes.StringDType())
    zeros = np.zeros(len(places), np.uint32)
    state = np.full(len(places), ENCODED, np.uint8)
    found.note(shard, Notes(texts, np.full_like(texts, ""), zeros, zeros.astype(np.uint64), state))
