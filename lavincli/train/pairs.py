"""Pairs of pictures rendered once for training: a NumPy file a task, memory-mapped."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lavincli.atomic import atomic_path
from lavincli.cards.framing import generator
from lavincli.cards.task import Task
from lavincli.errors import ConfigError
from lavincli.train.config import DataConfig

log = logging.getLogger(__name__)
_CHUNK = 64
_TRIES = 1000


def rendered_pairs(task: Task, data: DataConfig, *, held_out: bool = False) -> NDArray[np.uint8]:
    """`uint8 [N, 2, T, S, S, 3]`: N random crops of a task's training samples, input and target.

    Rendered on first use and kept under `data.cache`; the file's name carries a hash of everything that decides its
    content. Held-out pairs come from other seeds and are never drawn in training. Raises ConfigError for a missing
    root.
    """
    count = data.held_out_pairs if held_out else data.pairs_per_task
    path = data.cache / f"{task.name}-{pairs_key(task, data, held_out=held_out)}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        log.info("rendering %d pairs of %s at %d px", count, task.name, data.size)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, _render(task, data, count, held_out))
    array: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def dataset_of(task: Task, data: DataConfig) -> tuple[str, Path]:
    """The first of the task's data sets that the recipe gives a root for."""
    for name in task.datasets:
        if name in data.roots:
            return name, data.roots[name]
    known = ", ".join(task.datasets)
    raise ConfigError(f"data.roots: task {task.name} needs the folder of one of its data sets: {known}")


def _render(task: Task, data: DataConfig, count: int, held_out: bool) -> NDArray[np.uint8]:
    starts = range(0, count, _CHUNK)
    work = functools.partial(_render_chunk, task, data, count, held_out)
    if data.workers == 0:
        return np.concatenate([work(start) for start in starts])
    with ProcessPoolExecutor(data.workers) as pool:
        return np.concatenate(list(pool.map(work, starts)))


def _render_chunk(task: Task, data: DataConfig, count: int, held_out: bool, start: int) -> NDArray[np.uint8]:
    name, root = dataset_of(task, data)
    samples = task.samples(name, root, split="train")
    pictures = []
    for number in range(start, min(start + _CHUNK, count)):
        seed = -1 - number if held_out else number
        random = generator("pair", data.seed, task.name, seed)
        sample = samples[int(random.integers(len(samples)))]
        tries = 1
        while any(fnmatch(sample.key, pattern) for pattern in data.exclude):
            if tries == _TRIES:
                raise ConfigError(f"data.exclude: {', '.join(data.exclude)} leaves next to none of {root}")
            sample = samples[int(random.integers(len(samples)))]
            tries += 1
        pair = task.pair(sample, size=data.size, seed=int(random.integers(2**62)), augment=True)
        pictures.append(np.stack([pair.input, pair.target]))
    return np.stack(pictures)


def pairs_key(task: Task, data: DataConfig, *, held_out: bool) -> str:
    """Hash of everything that decides what the rendered pairs of a task are."""
    name, root = dataset_of(task, data)
    about = {
        "card": task.card.model_dump(mode="json"),
        "dataset": name,
        "root": str(root.resolve()),
        "data": data.model_dump(mode="json", include={"size", "exclude", "seed"}),
        "count": data.held_out_pairs if held_out else data.pairs_per_task,
        "held_out": held_out,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
