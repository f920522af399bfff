"""Floating-point operations of sampling: stated for each way, and counted as it runs.

A multiplication and an addition are two; what isn't a matrix product (norms, SiLU, rotations) is left out, as everybody
does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch.utils.flop_counter import FlopCounterMode

from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import TOKEN_FEATURES
from lavincli.model.layers import TIME_FREQUENCIES


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is sampled. Counts of tokens are those of one element.

    Attributes:
        batch: elements, each with a query and an answer of its own.
        context: tokens of the context; `shared` says whether all elements have the same one, read once.
        frame: tokens of the frame of zeros before the query, where there is guidance.
        query: tokens.
        target: tokens.
        evaluations: of the velocity.
        guided: how many of them run a second pass, without the context.
        points: of the grid, whose modulations the engine tables.
        refresh: at every so many-th evaluation the engine reads a joint model's condition.
    """

    batch: int
    context: int
    frame: int
    query: int
    target: int
    evaluations: int
    guided: int
    points: int
    shared: bool = False
    refresh: int = 1


def reference_operations(config: JDiTConfig, work: Sampling) -> int:
    """The published way: at every evaluation modulations for every element, and a joint model's condition anew."""
    cost = _Cost(config)
    evaluation_once = cost.modulation(work.batch) + work.batch * (cost.embed(work.target) + cost.head(work.target))
    total = 0
    for before, times in ((work.context, work.evaluations), (work.frame, work.guided)):
        if config.attention == "joint":
            condition = before + work.query
            tokens = condition + work.target
            blocks = config.depth * cost.block(tokens, tokens)
            both_streams = work.batch * (blocks + cost.embed(condition)) + cost.block_modulation(work.batch)
            total += times * (evaluation_once + both_streams)
        elif times:
            seen = before + work.query + work.target
            total += cost.read(work.batch, before, before) + cost.read(work.batch, work.query, before + work.query)
            total += times * (evaluation_once + work.batch * config.depth * cost.block(work.target, seen))
    return total


def engine_operations(config: JDiTConfig, work: Sampling) -> int:
    """The exact engine (with `refresh` above 1 the approximate one), from a new context and a new grid on."""
    cost = _Cost(config)
    joint = config.attention == "joint"
    total = cost.modulation(work.points) + (cost.block_modulation(work.points) if joint else 0)
    total += work.evaluations * work.batch * cost.embed(work.target)
    contexts = 1 if work.shared else work.batch
    for before, batch, times in ((work.context, contexts, work.evaluations), (work.frame, 1, work.guided)):
        if not times:
            continue
        condition = before + work.query
        seen = condition + work.target
        alone = config.depth * cost.block(work.target, seen)
        if joint:
            reads = -(-times // work.refresh)
            full = (config.depth - 1) * cost.block(seen, seen) + cost.keys_values(condition) + alone // config.depth
            total += work.batch * (reads * full + (times - reads) * alone)
            total += batch * cost.embed(before) + work.batch * cost.embed(work.query)
        else:
            total += cost.read(batch, before, before) + cost.read(work.batch, work.query, condition)
            total += work.batch * times * alone
        total += work.batch * times * cost.head(work.target)
    return total


class _Cost:
    """Operations of a network's parts."""

    def __init__(self, config: JDiTConfig) -> None:
        self._config, self._size = config, config.hidden_size

    def block(self, tokens: int, seen: int) -> int:
        """One block: projections, attention to `seen` tokens, feed-forward."""
        outer = 4 * tokens * self._size * self._size + 6 * tokens * self._size * self._config.mlp_size
        return outer + self.keys_values(tokens) + 4 * tokens * seen * self._size

    def keys_values(self, tokens: int) -> int:
        return 4 * tokens * self._size * self._config.kv_heads * self._config.head_dim

    def read(self, batch: int, tokens: int, seen: int) -> int:
        """A one-way model reads condition tokens: all blocks but the last, and of that keys and values."""
        blocks = (self._config.depth - 1) * self.block(tokens, seen) + self.keys_values(tokens) + self.embed(tokens)
        return batch * blocks + self._embed_time(1) + self.block_modulation(1) if tokens else 0

    def embed(self, tokens: int) -> int:
        return 2 * tokens * TOKEN_FEATURES * self._size

    def head(self, tokens: int) -> int:
        return self.embed(tokens)

    def modulation(self, times: int) -> int:
        """The time embedding (and that of the step's size), the target's modulations and the head's."""
        embeddings = 2 if self._config.step_size else 1
        return embeddings * self._embed_time(times) + self.block_modulation(times) + 2 * times * self._size**2

    def block_modulation(self, times: int) -> int:
        """One stream's modulations in all blocks."""
        return self._config.depth * 8 * times * self._size**2

    def _embed_time(self, times: int) -> int:
        return 2 * times * self._size * (2 * TIME_FREQUENCIES + self._size)


def _attention(queries: Any, keys: Any, *_: Any, **__: Any) -> int:
    """Of attention's shapes [B, heads, N, head_dim]."""
    batch, heads, tokens, head_dim = queries
    return int(4 * batch * heads * tokens * keys[2] * head_dim)


def _linear(rows: Any, weight: Any, *_: Any, **__: Any) -> int:
    """Of a linear layer's shapes [..., in] and [out, in]."""
    return int(2 * math.prod(rows) * weight[0])


_UNCOUNTED: Final = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    torch.ops.mkldnn._linear_pointwise: _linear,
}


def counter() -> FlopCounterMode:
    """PyTorch's own, and what it leaves out: a CPU's fused attention, and oneDNN's products."""
    return FlopCounterMode(display=False, custom_mapping=dict(_UNCOUNTED))
