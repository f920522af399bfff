"""Pairs of pictures rendered once for training: a NumPy file a task, memory-mapped."""

from __future__ import annotations

import hashlib
import json
import logging

import numpy as np
from numpy.typing import NDArray

from lavincli.atomic import atomic_path
from lavincli.cards.task import Task
from lavincli.errors import ConfigError, InputError
from lavincli.latents.pairs import PairMaker, PairSource, Problem
from lavincli.train.config import DataConfig

log = logging.getLogger(__name__)


def pair_source(task: Task, data: DataConfig, *, held_out: bool = False) -> tuple[str, PairSource]:
    """The data set that a recipe trains a task on, and random crops of its training samples.

    Held-out crops are drawn otherwise, and are never among those trained on. Raises ConfigError for a missing root.
    """
    name = next((name for name in task.datasets if name in data.roots), None)
    if name is None:
        known = ", ".join(task.datasets)
        raise ConfigError(f"data.roots: task {task.name} needs the folder of one of its data sets: {known}")
    samples = task.samples(name, data.roots[name], split="train")
    count, purpose = (data.held_out_pairs, "held out") if held_out else (data.pairs_per_task, "train")
    return name, PairSource(task, samples, data.size, data.seed, count, data.exclude, purpose)


def rendered_pairs(task: Task, data: DataConfig, *, held_out: bool = False) -> NDArray[np.uint8]:
    """`uint8 [N, 2, T, S, S, 3]`: N random crops of a task's training samples, input and target.

    Rendered on first use and kept under `data.cache`; the file's name carries a hash of everything that decides its
    content. Raises ConfigError for a missing root, InputError for a sample that can't be read.
    """
    name, source = pair_source(task, data, held_out=held_out)
    about = [task.card.model_dump(mode="json"), name, str(data.roots[name].resolve()), source.identity]
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    path = data.cache / f"{task.name}-{key}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        log.info("rendering %d pairs of %s at %d px", len(source), task.name, data.size)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, _render(source, data.workers))
    array: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _render(source: PairSource, workers: int) -> NDArray[np.uint8]:
    pictures = []
    with PairMaker(source, workers) as maker:
        for made in maker.make(range(len(source))):
            if isinstance(made, Problem):
                raise InputError(f"{source.task.name}: {made.key}: {made.reason}")
            pictures.append(np.stack([made.input, made.target]))
    return np.stack(pictures)
