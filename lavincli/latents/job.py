"""What ``lavin encode`` does: several tasks into one store, alone or beside other processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from lavincli.cards.task import Task
from lavincli.errors import ConfigError
from lavincli.latents.encode import SHARD_BYTES, encode_set, plan_set, store_info
from lavincli.latents.layout import ENCODED, FAILED, NOT_YET, Storage
from lavincli.latents.pairs import PairSource
from lavincli.latents.store import LatentSet, LatentStore, create_store, missing_shards
from lavincli.latents.verify import Verified, verify_set, verify_sources
from lavincli.model.stvae import STVAE
from lavincli.processes import Share


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How to encode.

    Attributes:
        resolution: height and width of the pictures.
        split: of the data sets.
        storage: how latents are kept.
        logvar: keep the posterior's log variance too.
        crops: in place of each sample once, this many random crops of random samples a task.
        seed: of what is drawn at random.
        shard_bytes: how large shards get.
        workers: processes that read and draw the pairs.
        dtype: precision of the network's arithmetic.
    """

    resolution: int
    split: str = "train"
    storage: Storage = "float16"
    logvar: bool = False
    crops: int | None = None
    seed: int = 0
    shard_bytes: int = SHARD_BYTES
    workers: int = 0
    dtype: torch.dtype = torch.float32

    def __post_init__(self) -> None:
        if self.resolution < 16 or self.resolution % 16:
            raise ConfigError(f"resolution {self.resolution}: must be a multiple of 16, for latents in patches of two")


@dataclass(frozen=True, slots=True)
class SetSummary:
    """What a store holds of one set."""

    task: str
    dataset: str
    split: str
    resolution: int
    records: int
    encoded: int
    failed: int
    missing: int
    problems: dict[str, str]


class EncodeJob:
    """Sets of a store, with the pairs that belong in them.

    Args:
        path: the store, made if it isn't there.
        stvae: encodes; on the device to work on.
        model: its name.
        tasks: what to encode.
        roots: data sets by name and where each lies (None: where the card says); by default each task's first one.
        settings: how.

    Raises InputError: a store of another ST-VAE, another setting or other data; a data set that can't be found.
    """

    def __init__(
        self,
        path: Path,
        stvae: STVAE,
        model: str,
        tasks: Sequence[Task],
        roots: Mapping[str, Path | None],
        settings: EncodeSettings,
    ) -> None:
        info = store_info(stvae, model, storage=settings.storage, logvar=settings.logvar)
        sources = [
            (dataset, PairSource(task, samples, settings.resolution, settings.seed, settings.crops))
            for task in tasks
            for dataset, root in (roots.items() or {next(iter(task.datasets), ""): None}.items())
            for samples in [task.samples(dataset, root, settings.split)]
        ]
        self.store: LatentStore = create_store(path, info)
        self.stvae, self._settings = stvae, settings
        self._work: list[tuple[LatentSet, PairSource]] = [
            (plan_set(self.store, source, dataset, settings.split, shard_bytes=settings.shard_bytes), source)
            for dataset, source in sources
        ]

    def records(self, share: Share) -> tuple[int, int]:
        """How many records of a share are there, and how many there will be."""
        done = total = 0
        for found, _ in self._work:
            shards = share.numbers(found.info.shards)
            waiting = set(missing_shards(found, shards))
            sizes = {shard: len(found.info.places(shard)) for shard in shards}
            total += sum(sizes.values())
            done += sum(size for shard, size in sizes.items() if shard not in waiting)
        return done, total

    def run(self, share: Share, on_record: Callable[[], None] | None = None) -> int:
        """Encode what is missing of a share; returns how many records that were."""
        return sum(
            encode_set(
                found,
                source,
                self.stvae,
                share=share,
                workers=self._settings.workers,
                dtype=self._settings.dtype,
                on_record=on_record,
            )
            for found, source in self._work
        )

    def summaries(self) -> list[SetSummary]:
        """What the store now holds, set by set."""
        return [_summary(found) for found, _ in self._work]

    def verify(self, records: int) -> list[tuple[SetSummary, Verified]]:
        """Check every record against its checksum, and some against the data they were made of."""
        results = []
        for found, source in self._work:
            verified = verify_set(found)
            verified.problems.extend(verify_sources(found, source, self.stvae, records=records))
            results.append((_summary(found), verified))
        return results


def _summary(found: LatentSet) -> SetSummary:
    notes = found.notes()
    failed = {
        str(key): str(reason)
        for key, reason, state in zip(notes.key, notes.problem, notes.state, strict=True)
        if state == FAILED
    }
    # Not by counting problems: samples of a plugin's loader may have one key.
    encoded, failures, missing = (int((notes.state == state).sum()) for state in (ENCODED, FAILED, NOT_YET))
    info = found.info
    return SetSummary(
        info.task, info.dataset, info.split, info.resolution, info.count, encoded, failures, missing, failed
    )
