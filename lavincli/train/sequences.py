"""In-context training sequences, a function of (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lavincli.cards.framing import generator
from lavincli.train.config import SequenceConfig
from lavincli.train.latent_pools import LatentPool


@dataclass(frozen=True, slots=True)
class SequenceBatch:
    """B contexts of K pairs, each with M queries and their targets.

    context: [B, 16, K (Ti + Tt), h, w] (in 1, target 1, in 2, ...), or one frame of zeros for the null context; query
    [B M, 16, Ti, h, w] and target [B M, 16, Tt, h, w], the M queries of a context side by side.
    """

    context: Tensor
    query: Tensor
    target: Tensor


class SequenceBatches:
    """Draws batches from pools of latent pairs.

    K is drawn for the whole batch, and so is the length of the clips, so that a batch has one shape.
    """

    def __init__(
        self,
        pools: Sequence[LatentPool],
        weights: Sequence[float],
        config: SequenceConfig,
        batch_size: int,
        seed: int,
    ) -> None:
        self._pools, self._config = pools, config
        self._shares = np.asarray(weights, dtype=np.float64) / sum(weights)
        shapes = [(pool.inputs([0]).shape, pool.targets([0]).shape) for pool in pools]
        self._frames: list[int] = [source[2] + target[2] for source, target in shapes]
        # For each pool, which pools have clips as long as its own.
        self._alike = [np.array([shape == other for other in shapes]) for shape in shapes]
        self._batch_size, self._seed = batch_size, seed

    def __call__(self, step: int, part: range | None = None) -> SequenceBatch:
        """The batch of one step, or the contexts of it that `part` numbers: all are drawn, no others are read."""
        random, pairs, first_pool = self._begin(step)
        queries = self._config.queries
        shares = np.where(self._alike[first_pool], self._shares, 0)
        inputs, targets = [], []
        part = range(self._batch_size) if part is None else part
        for place, number in enumerate(random.choice(len(self._pools), self._batch_size, p=shares / shares.sum())):
            pool = self._pools[number]
            chosen = random.choice(len(pool), pairs + queries, replace=False)
            if place not in part:
                continue
            inputs.append(pool.inputs(chosen))
            targets.append(pool.targets(chosen))
        first, second = (torch.from_numpy(np.stack(side)).float() for side in (inputs, targets))
        batch = sequence_batch(first, second, pairs)
        if random.random() < self._config.null_context:
            return SequenceBatch(torch.zeros_like(batch.context[:, :, :1]), batch.query, batch.target)
        return batch

    def largest(self, steps: int) -> int:
        """The step with the longest sequences of the first `steps`: if its batch fits into memory, so do the others."""

        def frames(step: int) -> int:
            _, pairs, first_pool = self._begin(step)
            return (pairs + 1) * self._frames[first_pool]

        longest = sorted(range(steps), key=frames, reverse=True)
        # The null context is drawn last of all, so it shows in the batch alone.
        has_context = (step for step in longest if self(step, range(1)).context.shape[2] > 1)
        return next(has_context, longest[0])

    def _begin(self, step: int) -> tuple[np.random.Generator, int, int]:
        """What is drawn first: the number of pairs, and the pool whose clips' length the batch has."""
        random = generator("sequences", self._seed, step)
        pairs = int(random.integers(1, self._config.pairs + 1))
        return random, pairs, int(random.choice(len(self._pools), p=self._shares))


def sequence_batch(inputs: Tensor, targets: Tensor, pairs: int) -> SequenceBatch:
    """[B, K + M, 16, T', h, w] each -> the first K pairs as context, the other M as queries and targets."""
    parts = [side[:, pair] for pair in range(pairs) for side in (inputs, targets)]
    query, target = (side[:, pairs:].flatten(0, 1) for side in (inputs, targets))
    return SequenceBatch(torch.cat(parts, dim=2), query, target)
