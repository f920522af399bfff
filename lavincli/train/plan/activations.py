"""What a J-DiT keeps of a forward pass until the backward pass has used it, counted from its layers.

The counts are those of autograd: what each operation of `lavincli.model` saves. They hold to a few per cent; what a
memory allocator leaves unused comes on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import TOKEN_FEATURES
from lavincli.train.plan.streams import Stream, streams_of
from lavincli.train.sequence_shape import SequenceShape

Kernels = Literal["gpu", "cpu"]
_FLOAT32 = 4
_TERMS_OF_LOSS = 8


@dataclass(frozen=True, slots=True)
class _Kept:
    """Bytes that a token leaves in one block, as factors of the widths.

    Attributes:
        number: of one number in a matrix product.
        before: times the width: the stream, its norm, the norm scaled (for keys and values).
        query: times the width: queries before and after their norm and rotation, and what they found.
        after: times the width: from the output projection to the second residual.
        keys: times the keys' width: keys before their norm.
        hidden: times the feed-forward width: gate, its SiLU, up, and their product.
        split: times the width: a joint model copies each stream's part of what attention found.
        scores: bytes a head, for each token attended to; 0 where the kernel keeps the softmax's sum alone.
    """

    number: int
    before: int
    query: int
    after: int
    keys: int
    hidden: int
    split: int
    scores: int


# With bfloat16 (autocast) norms and the stream stay float32, and every projection has a cast copy of its own input.
_KEPT: dict[tuple[str, Kernels], _Kept] = {
    ("float32", "gpu"): _Kept(4, before=12, query=12, after=28, keys=4, hidden=16, split=4, scores=0),
    ("float32", "cpu"): _Kept(4, before=12, query=12, after=32, keys=8, hidden=16, split=0, scores=4),
    ("bfloat16", "gpu"): _Kept(2, before=12, query=10, after=28, keys=4, hidden=8, split=2, scores=0),
}


@dataclass(frozen=True, slots=True)
class Activations:
    """Bytes of one micro-batch.

    Attributes:
        kept: what every block keeps, and the gradients of the largest layer.
        checkpointed: the same where blocks keep their inputs alone, and one at a time computes the rest again.
    """

    kept: int
    checkpointed: int


def jdit_activations(
    config: JDiTConfig, shape: SequenceShape, contexts: int, *, precision: str, kernels: Kernels = "gpu"
) -> Activations:
    """What `contexts` sequences of a shape keep.

    Args:
        config: the network.
        shape: of each sequence.
        contexts: of a micro-batch.
        precision: float32 or bfloat16 (autocast, as on a GPU).
        kernels: fused attention and norms, or the two matrix products that a CPU trains with.
    """
    kept = _KEPT[precision, kernels]
    streams = streams_of(config, shape, contexts)
    conditions, target = streams[:-1], streams[-1]
    blocks = [_of_block(config, kept, stream) for stream in streams]
    ends = sum(_of_ends(config, kept, stream) for stream in streams)
    width = _FLOAT32 * config.hidden_size
    if config.attention == "joint":
        unread, once_more = 0, sum(blocks)
        inputs = sum(width * stream.rows for stream in streams)
    else:
        # One stream after the other goes through all blocks; it leaves keys and values, and nothing else of its last.
        unread = sum(_of_block(config, kept, stream) - _of_last(config, kept, stream) for stream in conditions)
        once_more = max(blocks)
        # As the target's inputs are used up come the gradients of keys and values, which wait for their stream's turn.
        keys_values = sum(_keys_values(config, kept, stream) for stream in conditions)
        inputs = sum(width * stream.rows for stream in conditions) + keys_values
        inputs += max(width * target.rows, keys_values)
    stream_gradients = max(3 * width * stream.rows for stream in streams)
    hidden_gradients = max(stream.rows * _hidden_gradient(config, kept, stream) for stream in streams)
    return Activations(
        kept=config.depth * sum(blocks) - unread + ends + stream_gradients + hidden_gradients,
        checkpointed=config.depth * inputs + once_more + ends + stream_gradients,
    )


def _hidden_gradient(config: JDiTConfig, kept: _Kept, stream: Stream) -> int:
    return 3 * kept.number * config.mlp_size + kept.scores * config.num_heads * stream.seen


def _of_block(config: JDiTConfig, kept: _Kept, stream: Stream) -> int:
    joint = config.attention == "joint"
    width = kept.before + kept.query + kept.after + (kept.split if joint else 0)
    found = kept.scores * config.num_heads * stream.seen if kept.scores else _FLOAT32 * config.num_heads
    own = stream.rows * (width * config.hidden_size + _keys(config, kept) + found + kept.hidden * config.mlp_size)
    # A joint model's two streams read the same keys and values: each counts its own.
    return own + _keys_values(config, kept, stream) * stream.tokens // (stream.seen if joint else stream.tokens)


def _of_last(config: JDiTConfig, kept: _Kept, stream: Stream) -> int:
    """Of a condition's last block in a one-way model: what its keys and values need, which others have copies of."""
    return stream.rows * (kept.before * config.hidden_size + _keys(config, kept))


def _keys(config: JDiTConfig, kept: _Kept) -> int:
    return kept.keys * config.kv_heads * config.head_dim


def _keys_values(config: JDiTConfig, kept: _Kept, stream: Stream) -> int:
    return stream.batch * stream.seen * 2 * kept.number * config.kv_heads * config.head_dim


def _of_ends(config: JDiTConfig, kept: _Kept, stream: Stream) -> int:
    """Embedding, and for what is answered the head and the loss."""
    size = config.hidden_size
    embedded = kept.number * TOKEN_FEATURES + _FLOAT32 * size
    head = (2 * _FLOAT32 + kept.number) * size + _TERMS_OF_LOSS * _FLOAT32 * TOKEN_FEATURES
    return stream.rows * (embedded + (head if stream.answered else 0))
