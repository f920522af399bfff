"""Encodes data sets into a latent store, shard by shard; what is there is kept."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from lavincli import __version__
from lavincli.clip import Clip, Pair
from lavincli.latents.layout import ENCODED, FAILED, SIDES, SetInfo, Storage, StoreInfo
from lavincli.latents.pairs import PairMaker, PairSource, Problem
from lavincli.latents.quantise import to_int8
from lavincli.latents.shards import ShardWriter, checksum
from lavincli.latents.store import LatentSet, LatentStore, Notes, missing_shards
from lavincli.model.stvae import STVAE
from lavincli.model.weights import network_hash
from lavincli.processes import Share

SHARD_BYTES: Final = 128 * 2**20
# A data set is cut into at least so many shards: they are what processes share, and what a kill can cost.
_FEWEST_SHARDS: Final = 16
_FRAMES_AT_ONCE: Final = 16
_LARGEST: Final = float(np.finfo(np.float16).max)


def store_info(stvae: STVAE, model: str, *, storage: Storage = "float16", logvar: bool = False) -> StoreInfo:
    """What a store of this ST-VAE's latents says of itself; a decoder that was finetuned makes no other latents."""
    return StoreInfo(
        stvae=network_hash(stvae, "encoder."),
        model=model,
        latent_shift=stvae.config.latent_shift,
        latent_scale=stvae.config.latent_scale,
        storage=storage,
        logvar=logvar,
        lavin=__version__,
    )


def plan_set(
    store: LatentStore, source: PairSource, dataset: str, split: str, *, shard_bytes: int = SHARD_BYTES
) -> LatentSet:
    """The set of a store that the pairs of a source belong in, made if it isn't there.

    Raises InputError if it holds something else, or not one pair can be made.
    """
    info = SetInfo(
        task=source.task.name,
        card_version=source.task.card.version,
        card=source.task.card.model_dump(mode="json"),
        dataset=dataset,
        split=split,
        resolution=source.size,
        frames=source.frames(),
        count=len(source),
        keys_hash=source.identity,
        seed=source.seed,
        augmented=source.crops is not None,
        records_per_shard=1,
    )
    sized = LatentSet(store, info)
    record = max(int(np.prod(sized.shape(name))) * sized.dtype(name).itemsize for name in sized.names())
    held = max(1, min(shard_bytes // record, -(-len(source) // _FEWEST_SHARDS)))
    return store.require_set(info.model_copy(update={"records_per_shard": held}))


def encode_set(
    found: LatentSet,
    source: PairSource,
    stvae: STVAE,
    *,
    share: Share | None = None,
    workers: int = 0,
    dtype: torch.dtype = torch.float32,
    on_record: Callable[[], None] | None = None,
) -> int:
    """Encode the shards of a set that are missing in this process's share; returns how many records that were.

    Args:
        found: the set.
        source: its pairs.
        stvae: the store's, on the device to work on.
        share: this process's part; all by default.
        workers: processes that make pairs.
        dtype: precision of the network's arithmetic.
        on_record: is called after each record.
    """
    shards = missing_shards(found, (share or Share()).numbers(found.info.shards))
    if not shards:
        return 0
    encoder = _Encoder(found, stvae, dtype)
    done = 0
    with PairMaker(source, workers) as maker:
        # One stream over all shards, so that the workers are busy at a shard's end too.
        made = maker.make(record for shard in shards for record in found.info.places(shard))
        for shard in shards:
            done += encoder.write(shard, made, on_record)
    return done


class _Encoder:
    """Turns pairs into the records of shards."""

    def __init__(self, found: LatentSet, stvae: STVAE, dtype: torch.dtype) -> None:
        self._set, self._stvae, self._dtype = found, stvae, dtype
        self._batch = max(1, _FRAMES_AT_ONCE // max(found.info.frames))

    def write(self, shard: int, made: Iterator[Pair | Problem], on_record: Callable[[], None] | None) -> int:
        places = self._set.info.places(shard)
        notes = _Noted(len(places))
        with contextlib.ExitStack() as stack:
            writers = {
                name: stack.enter_context(
                    ShardWriter(self._set.shard_file(name, shard), self._set.info.records_per_shard)
                )
                for name in self._set.names()
            }
            for start in range(0, len(places), self._batch):
                pairs: list[tuple[int, Pair]] = []
                for place in range(start, min(start + self._batch, len(places))):
                    one = self._checked(next(made))
                    if isinstance(one, Problem):
                        notes.failed(place, one)
                    else:
                        pairs.append((place, one))
                for (place, pair), record in zip(pairs, self._records([pair for _, pair in pairs]), strict=True):
                    if record is None:
                        notes.failed(place, Problem(pair.key, "the ST-VAE makes no finite numbers of it"))
                        continue
                    for name, data in record.items():
                        writers[name].add(place, data)
                    notes.encoded(place, pair, record)
                if on_record is not None:
                    for _ in range(start, min(start + self._batch, len(places))):
                        on_record()
        self._set.note(shard, notes.arrays())
        return len(places)

    def _checked(self, made: Pair | Problem) -> Pair | Problem:
        if isinstance(made, Pair) and (len(made.input), len(made.target)) != self._set.info.frames:
            frames = f"{len(made.input)} -> {len(made.target)}"
            expected = " -> ".join(map(str, self._set.info.frames))
            return Problem(made.key, f"has {frames} frames where the others have {expected}")
        return made

    def _records(self, pairs: Sequence[Pair]) -> list[dict[str, bytes] | None]:
        """For each pair the bytes of its record in every array; None where its latents are no numbers to be kept."""
        if not pairs:
            return []
        records: list[dict[str, bytes] | None] = [{} for _ in pairs]
        for side, clips in zip(SIDES, ([p.input for p in pairs], [p.target for p in pairs]), strict=True):
            means, logvars = encode_clips(self._stvae, clips, self._dtype)
            for place, (mean, logvar) in enumerate(zip(means, logvars, strict=True)):
                record = records[place]
                # NaN is not below it either.
                if record is None or not np.abs(mean).max() <= _LARGEST:
                    records[place] = None
                    continue
                for name, values in self._values(side, mean, logvar).items():
                    record[name] = np.ascontiguousarray(values, self._set.dtype(name)).tobytes()
        return records

    def _values(self, side: str, mean: NDArray[np.float32], logvar: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
        """One clip's part in every array of its side."""
        values: dict[str, NDArray[Any]] = {side: mean}
        if self._set.store.info.storage == "int8":
            values[side], values[f"{side}_scale"] = to_int8(mean)
        if self._set.store.info.logvar:
            values[f"{side}_logvar"] = logvar
        return values


@torch.inference_mode()
def encode_clips(
    stvae: STVAE, clips: Sequence[Clip], dtype: torch.dtype = torch.float32
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Normalised posterior means, and log variances, of clips of one shape: ``float32 [B, 16, T', h, w]`` each."""
    device = next(stvae.parameters()).device
    pixels = torch.from_numpy(np.stack(clips)).to(device).permute(0, 4, 1, 2, 3).float() / 127.5 - 1.0
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        posterior = stvae.encode(pixels)
    return stvae.normalise(posterior.mean.float()).cpu().numpy(), posterior.logvar.float().cpu().numpy()


class _Noted:
    """The notes on one shard's records, filled in as they come."""

    def __init__(self, records: int) -> None:
        self._key, self._problem = [""] * records, [""] * records
        self._checksum = np.zeros(records, np.uint32)
        self._fingerprint = np.zeros(records, np.uint64)
        self._state = np.zeros(records, np.uint8)

    def failed(self, place: int, problem: Problem) -> None:
        self._key[place], self._problem[place] = problem.key, problem.reason
        self._state[place] = FAILED

    def encoded(self, place: int, pair: Pair, record: dict[str, bytes]) -> None:
        self._key[place] = pair.key
        self._checksum[place] = checksum(b"".join(record[name] for name in sorted(record)))
        self._fingerprint[place] = pair_fingerprint(pair)
        self._state[place] = ENCODED

    def arrays(self) -> Notes:
        assert self._state.all(), "every record was encoded or failed"
        key, problem = (np.array(text, dtype=np.dtypes.StringDType()) for text in (self._key, self._problem))
        return Notes(key, problem, self._checksum, self._fingerprint, self._state)


def pair_fingerprint(pair: Pair) -> int:
    """64 bits that tell one pair of pictures from another."""
    digest = hashlib.blake2b(digest_size=8)
    for clip in (pair.input, pair.target):
        digest.update(repr(clip.shape).encode() + clip.tobytes())
    return int.from_bytes(digest.digest(), "big")
