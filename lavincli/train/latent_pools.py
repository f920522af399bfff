"""The latents that a J-DiT is trained on: of a store that `lavin encode` made, or of one made on first use."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from lavincli.cards.task import Task
from lavincli.errors import ConfigError, InputError
from lavincli.in_turn import in_turn
from lavincli.latents.encode import encode_set, plan_set, store_info
from lavincli.latents.layout import ENCODED, StoreInfo
from lavincli.latents.reader import LatentPairs
from lavincli.latents.store import create_store, missing_shards, open_store, require_stvae
from lavincli.model.stvae import STVAE
from lavincli.train.data_config import DataConfig
from lavincli.train.pairs import pair_source, variations_of

log = logging.getLogger(__name__)
_TRAIN, _HELD_OUT = "train", "held_out"
_LOCK = ".lock"


class LatentPool(Protocol):
    """Pairs of latents by number: `inputs` and `targets` give `[n, 16, T', h, w]`."""

    def __len__(self) -> int: ...

    def inputs(self, numbers: Sequence[int] | NDArray[np.integer[Any]], /) -> NDArray[np.floating[Any]]: ...

    def targets(self, numbers: Sequence[int] | NDArray[np.integer[Any]], /) -> NDArray[np.floating[Any]]: ...


class Part:
    """Some neighbouring pairs of a pool."""

    def __init__(self, pool: LatentPool, places: range) -> None:
        self._pool, self._places = pool, places

    def __len__(self) -> int:
        return len(self._places)

    def inputs(self, numbers: Sequence[int] | NDArray[np.integer[Any]], /) -> NDArray[np.floating[Any]]:
        """Latents of inputs."""
        return self._pool.inputs(np.asarray(numbers) + self._places.start)

    def targets(self, numbers: Sequence[int] | NDArray[np.integer[Any]], /) -> NDArray[np.floating[Any]]:
        """Latents of targets."""
        return self._pool.targets(np.asarray(numbers) + self._places.start)


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a J-DiT is trained on: pools that a context is drawn from, the weight of each and its task's name."""

    pools: list[LatentPool]
    weights: list[float]
    tasks: list[str]


def training_mixture(
    tasks: Sequence[Task], data: DataConfig, stvae: STVAE, *, precision: torch.dtype, info: StoreInfo | None = None
) -> Mixture:
    """A pool for each size of pictures, task and rendering; takes and raises what `latent_pairs` does.

    Renderings share their task's weight by the number of their pairs.
    """
    info = info or training_info(stvae)
    mixture = Mixture([], [], [])
    for size, of_size in data.sizes.items():
        for task in tasks:
            pairs = latent_pairs(task, data.at(size), stvae, precision=precision, info=info)
            variations = variations_of(task, data)
            parts: list[LatentPool] = (
                [Part(pairs, block) for block in variations.blocks(len(pairs))] if variations else [pairs]
            )
            for part in parts:
                mixture.pools.append(part)
                mixture.weights.append(of_size * data.tasks[task.name] * len(part) / len(pairs))
                mixture.tasks.append(task.name)
    return mixture


def training_info(stvae: STVAE) -> StoreInfo:
    """What the latents of an ST-VAE say of themselves. It reads all weights: a second, for a large one."""
    return store_info(stvae, "training")


def latent_pairs(
    task: Task,
    data: DataConfig,
    stvae: STVAE,
    *,
    precision: torch.dtype,
    held_out: bool = False,
    info: StoreInfo | None = None,
) -> LatentPool:
    """The pairs of one task, to train on or held out.

    From the store `data.latents`, of which the last `data.held_out_pairs` are held out; without one, from random crops
    that are encoded on first use and kept under `data.cache`. Raises InputError for a store of another ST-VAE (with
    both hashes), ConfigError if it lacks the task or holds too few pairs.

    Args:
        task: whose pairs.
        data: where they come from.
        stvae: encodes them.
        precision: of its arithmetic.
        held_out: those that aren't trained on.
        info: `training_info(stvae)`, for who asks for many tasks.
    """
    info = info or training_info(stvae)
    if data.latents is None:
        return _encoded(task, data, stvae, info, precision, held_out=held_out)
    store = open_store(data.latents)
    require_stvae(store, info.stvae)
    sets = [
        found
        for found in store.sets()
        if (found.info.task, found.info.split, found.info.resolution) == (task.name, _TRAIN, data.size)
    ]
    if not sets:
        raise ConfigError(f"data.latents: {data.latents} holds no training pairs of {task.name} at {data.size} px")
    (found, *_) = sets
    if found.info.card_version != task.card.version:
        raise ConfigError(
            f"data.latents: {data.latents} holds {task.name} version {found.info.card_version}, "
            f"the card's is {task.card.version}; encode it again"
        )
    pairs = LatentPairs(found)
    border = len(pairs) - data.held_out_pairs
    if border < 1:
        raise ConfigError(
            f"data.latents: {found.folder} holds {len(pairs)} pairs, but {data.held_out_pairs} are held out"
        )
    return Part(pairs, range(border, len(pairs)) if held_out else range(border))


def _encoded(
    task: Task, data: DataConfig, stvae: STVAE, info: StoreInfo, precision: torch.dtype, *, held_out: bool
) -> LatentPairs:
    dataset, source = pair_source(task, data, held_out=held_out)
    # A folder for each ST-VAE and choice of crops: a store holds one of each.
    store = create_store(data.cache / f"latents-{info.stvae[:12]}-{source.identity[:12]}.zarr", info)
    making = f"encoding {len(source)} pairs of {task.name}"
    with in_turn(store.path / _LOCK, making):
        found = plan_set(store, source, dataset, _HELD_OUT if held_out else _TRAIN)
        if missing_shards(found, range(found.info.shards)):
            log.info("%s", making)
            encode_set(found, source, stvae, workers=data.workers, dtype=precision)
    notes = found.notes()
    failed = np.flatnonzero(notes.state != ENCODED)
    if len(failed):
        # Or what was mended would never be looked at again.
        for shard in {int(place) // found.info.records_per_shard for place in failed}:
            found.forget(shard)
        raise InputError(
            f"{task.name}: {notes.key[failed[0]]}: {notes.problem[failed[0]]} ({len(failed)} of {len(source)} pairs "
            "can't be made); mend the file, or leave it out with data.exclude, and run it again"
        )
    return LatentPairs(found)
