"""Starting weights: as published by default; positional heads look where they should."""

from __future__ import annotations

import torch
from torch import Tensor

from lavincli.model.block import JDiTBlock
from lavincli.model.config import JDiTConfig
from lavincli.model.initialise import initialise
from lavincli.model.jdit import JDiT
from lavincli.model.layers import rms

SIDE = 4
FRAMES = 3


def make(*, gate_bias: float = 0.0, positional_heads: float = 0.0) -> JDiT:
    torch.manual_seed(0)
    jdit = JDiT(JDiTConfig(hidden_size=192, depth=2, num_heads=4, kv_group=2, attention="oneway"))
    initialise(jdit, gate_bias=gate_bias, positional_heads=positional_heads)
    return jdit


def test_a_published_start_answers_zero_and_its_blocks_are_identities() -> None:
    jdit = make()
    x, cond = torch.randn(2, 16, 1, 8, 8), torch.randn(2, 16, 3, 8, 8)
    assert jdit(x, torch.rand(2), cond).abs().max() == 0
    tokens = torch.randn(2, 16, 192)
    block = jdit.blocks[0]
    assert isinstance(block, JDiTBlock)
    after, _ = block.advance("x", tokens, torch.randn(2, 192), jdit._table(x, 3))
    torch.testing.assert_close(after, tokens)


def attention_of_the_target(jdit: JDiT) -> Tensor:
    """Softmax weights [heads, query place, frame, place] of the target's tokens in the first block."""
    side = 2 * SIDE
    cond, x = torch.randn(1, 16, FRAMES, side, side), torch.randn(1, 16, 1, side, side)
    block = jdit.blocks[0]
    assert isinstance(block, JDiTBlock)
    attention = block.joint_attn
    read = jdit.cond_embedder(jdit._tokens(cond))
    asked = jdit.x_embedder(jdit._tokens(x))
    _, past = attention.project("cond", rms(read), jdit._table(cond, 0))
    queries, own = attention.project("x", rms(asked), jdit._table(x, FRAMES))
    keys = past.then(own).keys.repeat_interleave(2, 1)
    weights: Tensor = (queries @ keys.transpose(-1, -2) / 48**0.5).softmax(-1)
    return torch.unflatten(weights[0], -1, (FRAMES + 1, SIDE * SIDE))


@torch.no_grad()
def test_positional_heads_look_at_their_own_place() -> None:
    weights = attention_of_the_target(make(gate_bias=0.3, positional_heads=4.0))
    own_place = weights.diagonal(dim1=1, dim2=3).mean(-1)  # [heads, frame]
    assert own_place[0].argmax() == FRAMES - 1
    assert own_place[1].argmax() == FRAMES
    assert own_place[0].max() > 0.4
    assert own_place[1].max() > 0.4
    assert own_place[2:].max() < 0.2
