"""Pairs of pictures rendered once for training: a NumPy file a task, memory-mapped."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import numpy as np

from lavincli.atomic import atomic_path
from lavincli.bundle import bundled_folder
from lavincli.cards.task import Task
from lavincli.errors import ConfigError, InputError
from lavincli.latents.layout import SIDES
from lavincli.latents.pairs import PairMaker, PairSource, Problem
from lavincli.model.config import TEMPORAL_COMPRESSION
from lavincli.train.batches import Sides
from lavincli.train.data_config import BUNDLED, DataConfig

log = logging.getLogger(__name__)
# Of the files; a change makes others.
_FORMAT = 2


def pair_source(task: Task, data: DataConfig, *, held_out: bool = False) -> tuple[str, PairSource]:
    """The data set that a recipe trains a task on, and random crops of its training samples.

    Held-out crops are drawn otherwise, and are never among those trained on. Raises ConfigError for a missing root.
    """
    name = next((name for name in task.datasets if name in data.roots), None)
    if name is None:
        known = ", ".join(task.datasets)
        raise ConfigError(f"data.roots: task {task.name} needs the folder of one of its data sets: {known}")
    options = data.options.get(name, {})
    root = bundled_folder("photos") if data.roots[name] == BUNDLED else data.roots[name]
    samples = task.samples(name, root, split="train", **options)
    pairs = data.pairs.get(task.name, data.pairs_per_task)
    count, purpose = (data.held_out_pairs, "held out") if held_out else (pairs, "train")
    origin = json.dumps([str(root.resolve()), options], sort_keys=True)
    return name, PairSource(task, samples, data.size, data.seed, count, data.exclude, purpose, origin, data.frames)


def rendered_pairs(task: Task, data: DataConfig, *, held_out: bool = False) -> Sides:
    """N random crops of a task's training samples: inputs and targets, `uint8 [N, T, S, S, 3]`, each with its own T.

    Rendered on first use and kept under `data.cache`, from where they are mapped; the file's name carries a hash of
    everything that decides its content. Raises ConfigError for a missing root, InputError for a sample that can't be
    read, or for clips that differ in length.
    """
    name, source = pair_source(task, data, held_out=held_out)
    about = [_FORMAT, task.card.model_dump(mode="json"), name, source.identity]
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    path = data.cache / f"{task.name}-{key}.npy"
    if not path.exists():
        log.info("rendering %d pairs of %s at %d px", len(source), task.name, data.size)
        with atomic_path(path) as temporary:
            _render(source, data.workers, temporary)
    pairs = np.load(path, mmap_mode="r", allow_pickle=False)
    return pairs["input"], pairs["target"]


def _render(source: PairSource, workers: int, path: Path) -> None:
    """Write a record for each pair, one after the other: they needn't fit into memory."""
    shapes = [(frames, source.size, source.size, 3) for frames in source.frames()]
    for frames, *_ in shapes:
        if frames % TEMPORAL_COMPRESSION != 1:
            raise InputError(
                f"{source.task.name}: clips of {frames} frames, but an ST-VAE takes 1 + {TEMPORAL_COMPRESSION} k: set "
                f"data.frames={max(1, frames - (frames - 1) % TEMPORAL_COMPRESSION)}"
            )
    kind = np.dtype([(side, np.uint8, shape) for side, shape in zip(SIDES, shapes, strict=True)])
    pairs = np.lib.format.open_memmap(path, "w+", kind, (len(source),))
    with PairMaker(source, workers) as maker:
        for number, made in enumerate(maker.make(range(len(source)))):
            if isinstance(made, Problem):
                raise InputError(f"{source.task.name}: {made.key}: {made.reason}")
            sides = (made.input, made.target)
            if [side.shape for side in sides] != shapes:
                found, expected = (" and ".join(str(one[0]) for one in of) for of in ([s.shape for s in sides], shapes))
                raise InputError(
                    f"{source.task.name}: {made.key}: clips of {found} frames, but the first pair has {expected}; set "
                    "data.frames to what all have"
                )
            pairs[number] = sides
    pairs.flush()
