"""What one block does at one step of sampling, for several passes over the same target at once.

The passes (with the context and, for guidance, without it) lie side by side on the token axis, so that everything but
attention is one product over all their tokens. Pure functions of tensors and a block: each is one graph to compile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, cat, split

from lavincli.model.attend import KeysValues
from lavincli.model.block import JDiTBlock
from lavincli.model.layers import Modulation, rms_times
from lavincli.model.rope import Rotation


class Streams(NamedTuple):
    """Condition and target of all passes, [B, sum of tokens, D] each."""

    cond: Tensor
    x: Tensor


def target_step(
    block: JDiTBlock, x: Tensor, modulation: Modulation, table: Rotation, seen: Sequence[Sequence[KeysValues]]
) -> Tensor:
    """The target's tokens alone, which attend to what each pass remembers of its condition, and to themselves."""
    attention = block.joint_attn
    queries, own = attention.project("x", rms_times(x, modulation.attention_scale), table)
    tokens = x.shape[1] // len(seen)
    found = [
        attention.attend(part, *past, KeysValues(keys, values))
        for part, keys, values, past in zip(*(split(y, tokens, 2) for y in (queries, *own)), seen, strict=True)
    ]
    return block.update("x", x, _side_by_side(found), modulation)


def joint_step(
    block: JDiTBlock,
    streams: Streams,
    modulations: tuple[Modulation, Modulation],
    tables: tuple[Rotation, Rotation],
    lengths: list[int],
) -> tuple[Streams, list[KeysValues]]:
    """Every token of a pass attends to every token of it; `lengths`: the condition's tokens in each pass.

    Returns the streams, and the condition's keys and values of each pass.
    """
    attention, tokens = block.joint_attn, streams.x.shape[1] // len(lengths)
    of_cond, of_x = modulations
    queries_cond, own_cond = attention.project("cond", rms_times(streams.cond, of_cond.attention_scale), tables[0])
    queries_x, own_x = attention.project("x", rms_times(streams.x, of_x.attention_scale), tables[1])
    found_cond, found_x = [], []
    parts = [KeysValues(*pair) for pair in zip(*(split(y, lengths, 2) for y in own_cond), strict=True)]
    each_x = zip(*(split(y, tokens, 2) for y in (queries_x, *own_x)), strict=True)
    for queries, part, (queries_target, *target) in zip(split(queries_cond, lengths, 2), parts, each_x, strict=True):
        found = attention.attend(cat([queries, queries_target], 2), part.then(KeysValues(*target)))
        found_cond.append(found[:, : queries.shape[2]])
        found_x.append(found[:, queries.shape[2] :])
    cond = block.update("cond", streams.cond, _side_by_side(found_cond), of_cond)
    return Streams(cond, block.update("x", streams.x, _side_by_side(found_x), of_x)), parts


def last_step(
    block: JDiTBlock,
    streams: Streams,
    modulations: tuple[Modulation, Modulation],
    tables: tuple[Rotation, Rotation],
    lengths: list[int],
) -> tuple[Tensor, list[KeysValues]]:
    """The last block: nobody reads the condition after it, so of that only keys and values are computed."""
    of_cond, of_x = modulations
    own = block.joint_attn.keys_values("cond", rms_times(streams.cond, of_cond.attention_scale), tables[0])
    parts = [KeysValues(*pair) for pair in zip(*(split(y, lengths, 2) for y in own), strict=True)]
    return target_step(block, streams.x, of_x, tables[1], [(part,) for part in parts]), parts


def _side_by_side(found: list[Tensor]) -> Tensor:
    return found[0] if len(found) == 1 else cat(found, 1)
