"""Pairs of pictures rendered once for training: a NumPy file a task, memory-mapped."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from lavincli.atomic import atomic_path
from lavincli.bundle import bundled_folder
from lavincli.cards.annotation import annotation_side
from lavincli.cards.task import Task
from lavincli.errors import ConfigError, InputError
from lavincli.latents.damages import Damages
from lavincli.latents.layout import SIDES
from lavincli.latents.pairs import PairMaker, PairSource, Problem
from lavincli.latents.variations import Variations
from lavincli.model.config import TEMPORAL_COMPRESSION
from lavincli.registry import task as find_task
from lavincli.train.batches import Sides
from lavincli.train.data_config import BUNDLED, DataConfig

log = logging.getLogger(__name__)
# Of the files; a change makes others.
_FORMAT = 2


def pair_source(task: Task, data: DataConfig, *, held_out: bool = False) -> tuple[str, PairSource]:
    """The data set that a recipe trains a task on, and random crops of its training samples.

    Held-out crops are drawn otherwise, are never among those trained on, and are plain: without a second damage, and in
    the usual rendering. Raises ConfigError for a missing root, and for damages or variations that can't be.
    """
    name = next((name for name in task.datasets if name in data.roots), None)
    if name is None:
        known = ", ".join(task.datasets)
        raise ConfigError(f"data.roots: task {task.name} needs the folder of one of its data sets: {known}")
    options = data.options.get(name, {})
    root = bundled_folder("photos") if data.roots[name] == BUNDLED else data.roots[name]
    samples = task.samples(name, root, split="train", **options)
    pairs = data.pairs.get(task.name, data.pairs_per_task)
    distinct = None if held_out else data.samples.get(task.name)
    count, purpose = (data.held_out_pairs, "held out") if held_out else (pairs, "train")
    origin = json.dumps([str(root.resolve()), options], sort_keys=True)
    source = PairSource(task, samples, data.size, data.seed, count, data.exclude, purpose, origin, data.frames)
    source = replace(source, distinct=distinct)
    if held_out:
        return name, source
    return name, replace(source, damages=_damages(task, data), variations=variations_of(task, data))


def variations_of(task: Task, data: DataConfig) -> Variations | None:
    """The other renderings among a task's pairs. Raises ConfigError for a task without an annotation."""
    names = data.variations.get(task.name, ())
    return Variations(names, annotation_side(task)) if names else None


def _damages(task: Task, data: DataConfig) -> Damages | None:
    """What damages the task's targets; None where nothing may. Raises ConfigError for a task that damages nothing."""
    if data.damages is None:
        return None
    others = [find_task(name) for name in data.damages.tasks]
    for other in others:
        if not other.makes_inputs:
            raise ConfigError(f"data.damages.tasks: {other.name} has no transform that damages a picture; leave it out")
    if not (task.makes_inputs and getattr(task.codec, "pictures", False)):
        return None
    own = task.card.input.transform
    assert own is not None, "it makes inputs"
    # The same damage twice, as two holes, would leave nothing that tells which one is to be mended.
    chosen = [other for other in others if other.card.input.transform and other.card.input.transform.name != own.name]
    if not chosen:
        return None
    return Damages(data.damages.share, tuple(chosen), tuple(data.damages.tasks[other.name] for other in chosen))


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
    header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": (len(source),)}
    # Not through a memory map: on a full disk that kills the process, where a write is refused.
    with PairMaker(source, workers) as maker, path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for made in maker.make(range(len(source))):
            if isinstance(made, Problem):
                raise InputError(f"{source.task.name}: {made.key}: {made.reason}")
            sides = (made.input, made.target)
            if [side.shape for side in sides] != shapes:
                found, expected = (" and ".join(str(one[0]) for one in of) for of in ([s.shape for s in sides], shapes))
                raise InputError(
                    f"{source.task.name}: {made.key}: clips of {found} frames, but the first pair has {expected}; set "
                    "data.frames to what all have"
                )
            for side in sides:
                file.write(np.ascontiguousarray(side).data)
