"""In-context training sequences, a function of (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lavincli.cards.framing import generator
from lavincli.errors import ConfigError
from lavincli.model.patches import PATCH
from lavincli.train.data_config import SequenceConfig
from lavincli.train.latent_pools import LatentPool
from lavincli.train.sequence_shape import SequenceShape, contexts_in_batch, sequence_shape


@dataclass(frozen=True, slots=True)
class SequenceBatch:
    """B contexts of K pairs, each with M queries and their targets.

    context: [B, 16, K (Ti + Tt), h, w] (in 1, target 1, in 2, ...), or one frame of zeros for the null context;
    query [B M, 16, Ti, h, w] and target [B M, 16, Tt, h, w], the M queries of a context side by side. pools: the
    number of the pool that each context is from.
    """

    context: Tensor
    query: Tensor
    target: Tensor
    pools: tuple[int, ...] = ()


class SequenceBatches:
    """Draws batches from pools of latent pairs.

    K is drawn for the whole batch, and so is the shape of the clips, so that a batch has one shape. All that a batch is
    made of follows from the seed and the step, so pools and their weights are its whole state.
    """

    def __init__(
        self,
        pools: Sequence[LatentPool],
        weights: Sequence[float],
        config: SequenceConfig,
        batch_size: int,
        seed: int,
        *,
        shared: bool = True,
    ) -> None:
        """shared: whether the network reads a context once for all its queries, which `config.tokens` are counted by.

        Raises ConfigError if `config.tokens` are too few for the longest sequences.
        """
        self._pools, self._config, self._shared = pools, config, shared
        self._shares = np.asarray(weights, dtype=np.float64) / sum(weights)
        self._shapes = [(pool.inputs([0]).shape[2:], pool.targets([0]).shape[2:]) for pool in pools]
        # For each pool, which pools have clips as long and as large as its own.
        self._alike = [np.array([shape == other for other in self._shapes]) for shape in self._shapes]
        self._batch_size, self._seed = batch_size, seed
        for pool in range(len(pools)):
            if self._contexts(config.pairs, pool) == 0:
                tokens = config.multiple * self._shape(config.pairs, pool).tokens(shared=shared)
                raise ConfigError(
                    f"sequence.tokens {config.tokens} are too few: {config.multiple} contexts of {config.pairs} pairs "
                    f"can have {tokens}"
                )

    def contexts(self, step: int) -> int:
        """How many contexts the batch of a step has."""
        _, pairs, first_pool = self._begin(step)
        return self._contexts(pairs, first_pool)

    def __call__(self, step: int, part: range | None = None) -> SequenceBatch:
        """The batch of one step, or the contexts of it that `part` numbers: all are drawn, no others are read."""
        random, pairs, first_pool = self._begin(step)
        queries, count = self._config.queries, self._contexts(pairs, first_pool)
        shares = np.where(self._alike[first_pool], self._shares, 0)
        inputs, targets, pools = [], [], []
        part = range(count) if part is None else part
        for place, number in enumerate(random.choice(len(self._pools), count, p=shares / shares.sum())):
            pool = self._pools[number]
            chosen = random.choice(len(pool), pairs + queries, replace=False)
            if place not in part:
                continue
            inputs.append(pool.inputs(chosen))
            targets.append(pool.targets(chosen))
            pools.append(int(number))
        first, second = (torch.from_numpy(np.stack(side)).float() for side in (inputs, targets))
        batch = replace(sequence_batch(first, second, pairs), pools=tuple(pools))
        if random.random() < self._config.null_context:
            return replace(batch, context=torch.zeros_like(batch.context[:, :, :1]))
        return batch

    def largest(self, steps: int) -> int:
        """The step with the most tokens of the first `steps`: if its batch fits into memory, so do the others."""

        def tokens(step: int) -> int:
            _, pairs, pool = self._begin(step)
            return self._contexts(pairs, pool) * self._shape(pairs, pool).tokens(shared=self._shared)

        longest = sorted(range(steps), key=tokens, reverse=True)
        # The null context is drawn last of all, so it shows in the batch alone.
        has_context = (step for step in longest if self(step, range(1)).context.shape[2] > 1)
        return next(has_context, longest[0])

    def _begin(self, step: int) -> tuple[np.random.Generator, int, int]:
        """What is drawn first: the number of pairs, and the pool whose clips' shape the batch has."""
        random = generator("sequences", self._seed, step)
        counts = self._config.counts
        pairs = counts[int(random.integers(len(counts)))]
        return random, pairs, int(random.choice(len(self._pools), p=self._shares))

    def _shape(self, pairs: int, pool: int) -> SequenceShape:
        (source, height, width), (target, *_) = self._shapes[pool]
        return sequence_shape(self._config, pairs, (source, target), height * width // PATCH**2)

    def _contexts(self, pairs: int, pool: int) -> int:
        return contexts_in_batch(self._config, self._batch_size, self._shape(pairs, pool), shared=self._shared)


def sequence_batch(inputs: Tensor, targets: Tensor, pairs: int) -> SequenceBatch:
    """[B, K + M, 16, T', h, w] each -> the first K pairs as context, the other M as queries and targets."""
    parts = [side[:, pair] for pair in range(pairs) for side in (inputs, targets)]
    query, target = (side[:, pairs:].flatten(0, 1) for side in (inputs, targets))
    return SequenceBatch(torch.cat(parts, dim=2), query, target)
