"""Floating-point operations of a J-DiT's training step, counted from its layers.

A multiplication and an addition are two operations; what isn't a matrix product (norms, SiLU, rotations) is left out,
as everybody does: it is less than one per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import TOKEN_FEATURES
from lavincli.model.layers import TIME_FREQUENCIES
from lavincli.train.plan.streams import Stream, streams_of
from lavincli.train.sequence_shape import SequenceShape


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations of one step. `blocks`: that part of `forward` which activation checkpointing computes once more."""

    forward: float = 0.0
    backward: float = 0.0
    blocks: float = 0.0

    def __add__(self, other: Operations) -> Operations:
        return Operations(self.forward + other.forward, self.backward + other.backward, self.blocks + other.blocks)

    def times(self, factor: float) -> Operations:
        """So many of these."""
        return Operations(self.forward * factor, self.backward * factor, self.blocks * factor)


def jdit_operations(config: JDiTConfig, shape: SequenceShape, *, shortcuts: float = 0.0) -> Operations:
    """One context with its queries and targets, forward and backward.

    `shortcuts`: the share of the steps that take two half steps first, of which a one-way model's condition knows
    nothing.
    """
    total = Operations()
    for stream in streams_of(config, shape):
        once = _of_stream(config, stream)
        total += once
        if config.attention == "joint" or stream.answered:
            total += Operations(forward=2 * shortcuts * once.forward)
    return total


def _of_stream(config: JDiTConfig, stream: Stream) -> Operations:
    size, key_size, hidden = config.hidden_size, config.kv_heads * config.head_dim, config.mlp_size
    rows = stream.rows
    queries = 2 * rows * size * size
    keys_values = 2 * rows * size * 2 * key_size
    output = 2 * rows * size * size
    attention = 4 * stream.batch * stream.tokens * stream.seen * size
    feed_forward = 2 * rows * 3 * size * hidden
    modulation = 2 * stream.times * size * 4 * size
    block = queries + keys_values + output + attention + feed_forward + modulation
    # The gradients of both factors: twice the forward. The first layer needs none of its input.
    blocks = config.depth * block
    backward = 2.0 * blocks
    if not stream.answered and config.attention == "oneway":
        # Of a condition's last block nothing but keys and values is read, so nothing else is computed.
        blocks -= queries + attention + output + feed_forward
        backward = 2.0 * blocks
    elif not stream.answered:
        backward -= 2.0 * (output + feed_forward)
    embedding = 2 * rows * TOKEN_FEATURES * size
    embedded = 2 if config.step_size and stream.answered else 1
    time = 2 * embedded * stream.times * (2 * TIME_FREQUENCIES * size + size * size)
    forward = blocks + embedding + time
    backward += embedding + 2.0 * time
    if stream.answered:
        head = 2 * rows * size * TOKEN_FEATURES + 2 * stream.times * size * size
        forward += head
        backward += 2.0 * head
    return Operations(forward, backward, blocks)
