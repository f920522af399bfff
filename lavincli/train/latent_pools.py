"""Latents of rendered pairs: encoded once, kept beside the pairs, memory-mapped."""

from __future__ import annotations

import hashlib
import logging

import numpy as np
import torch
from numpy.typing import NDArray

from lavincli.atomic import atomic_path
from lavincli.cards.task import Task
from lavincli.model.stvae import STVAE
from lavincli.model.weights import network_hash
from lavincli.train.batches import to_tensor
from lavincli.train.config import DataConfig
from lavincli.train.pairs import pairs_key, rendered_pairs

log = logging.getLogger(__name__)
_ENCODED_AT_ONCE = 32


@torch.no_grad()
def latent_pairs(
    task: Task, data: DataConfig, stvae: STVAE, *, precision: torch.dtype, held_out: bool = False
) -> NDArray[np.float16]:
    """`float16 [N, 2, 16, T', h, w]`: normalised posterior means of a task's inputs and targets.

    The file's name carries hashes of the pairs and of the ST-VAE.
    """
    about = pairs_key(task, data, held_out=held_out) + network_hash(stvae)
    path = data.cache / f"{task.name}-{hashlib.sha256(about.encode()).hexdigest()[:16]}-latents.npy"
    if not path.exists():
        pairs = rendered_pairs(task, data, held_out=held_out)
        log.info("encoding %d pairs of %s", len(pairs), task.name)
        clips = pairs.reshape(-1, *pairs.shape[2:])
        device = next(stvae.parameters()).device
        parts = []
        for start in range(0, len(clips), _ENCODED_AT_ONCE):
            with torch.autocast(device.type, precision, enabled=precision != torch.float32):
                mean = stvae.encode(to_tensor(clips[start : start + _ENCODED_AT_ONCE]).to(device)).mean
            parts.append(stvae.normalise(mean.float()).half().cpu().numpy())
        latents = np.concatenate(parts)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, latents.reshape(len(pairs), 2, *latents.shape[1:]))
    array: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
