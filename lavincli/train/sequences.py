"""In-context training sequences, a function of (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.cards.framing import generator
from lavincli.model.config import LATENT_CHANNELS
from lavincli.train.config import SequenceConfig


@dataclass(frozen=True, slots=True)
class SequenceBatch:
    """B contexts of K pairs, each with M queries and their targets.

    context: [B, 16, 2 K T', h, w] (in 1, target 1, in 2, ...), or one frame of zeros for the null context; query and
    target: [B M, 16, T', h, w], the M queries of a context side by side.
    """

    context: Tensor
    query: Tensor
    target: Tensor


class SequenceBatches:
    """Draws batches from pools of latent pairs; K is drawn for the whole batch, so that its shape is one."""

    def __init__(
        self,
        pools: Sequence[NDArray[np.float16]],
        weights: Sequence[float],
        config: SequenceConfig,
        batch_size: int,
        seed: int,
    ) -> None:
        self._pools, self._config = pools, config
        self._shares = np.asarray(weights, dtype=np.float64) / sum(weights)
        self._batch_size, self._seed = batch_size, seed

    def __call__(self, step: int) -> SequenceBatch:
        """The batch of one step."""
        random = generator("sequences", self._seed, step)
        pairs = int(random.integers(1, self._config.pairs + 1))
        queries = self._config.queries
        chosen = []
        for pool in random.choice(len(self._pools), self._batch_size, p=self._shares):
            array = self._pools[pool]
            chosen.append(array[np.sort(random.choice(len(array), pairs + queries, replace=False))])
        latents = torch.from_numpy(np.stack(chosen)).float()
        latents = latents[:, torch.from_numpy(random.permutation(pairs + queries))]
        batch = sequence_batch(latents, pairs)
        if random.random() < self._config.null_context:
            return SequenceBatch(torch.zeros_like(batch.context[:, :, :1]), batch.query, batch.target)
        return batch


def sequence_batch(latents: Tensor, pairs: int) -> SequenceBatch:
    """[B, K + M, 2, 16, T', h, w] -> the first K pairs as context, the other M as queries and targets."""
    batch, height, width = latents.shape[0], *latents.shape[-2:]
    context = latents[:, :pairs].permute(0, 3, 1, 2, 4, 5, 6).reshape(batch, LATENT_CHANNELS, -1, height, width)
    query, target = latents[:, pairs:].flatten(0, 1).unbind(1)
    return SequenceBatch(context, query, target)
