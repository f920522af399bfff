"""Starting weights of a J-DiT: as published, and settings that shorten the start of a small model's training."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lavincli.model.block import JDiTBlock
from lavincli.model.jdit import JDiT
from lavincli.model.layers import TimeEmbedder
from lavincli.model.rope import ROPE_BASE

EMBEDDING_STD = 0.02
# How much stronger the common vector comes through a positional projection than a token's content.
_COMMON_GAIN = 2.0


@torch.no_grad()
def initialise(model: JDiT, *, gate_bias: float = 0.0, positional_heads: float = 0.0) -> None:
    """Published: Xavier-uniform linears, zero biases; normal type embeddings and time MLP; modulations and head zero.

    `gate_bias` opens the gates from the start (0 as published: blocks begin as identities). `positional_heads` > 0 lets
    every head begin by attending to its own place in the frame before and in its own frame, with this sharpness (the
    factor on queries and keys): copying the query is what a small model otherwise learns last.

    One bias isn't zero: a null context is all zeros, and would come to the norms as exact zeros without it, where the
    first gradient is 10^9 times too large.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    entrance = model.cond_embedder[0]
    assert isinstance(entrance, nn.Linear)
    nn.init.normal_(entrance.bias, std=EMBEDDING_STD)
    for embedding in (model.prompt_embed, model.answer_embed):
        nn.init.normal_(embedding, std=EMBEDDING_STD)
    for layer in (model.t_embedder.mlp[0], model.t_embedder.mlp[2]):
        assert isinstance(layer, nn.Linear)
        nn.init.normal_(layer.weight, std=EMBEDDING_STD)
    for block in model.blocks:
        assert isinstance(block, JDiTBlock)
        for modulation in (block.cond_modulation, block.x_modulation):
            linear = _last_linear(modulation)
            nn.init.zeros_(linear.weight)
            size = linear.in_features
            linear.bias[size : 2 * size] = gate_bias
            linear.bias[3 * size :] = gate_bias
    if model.step_embedder is not None:
        _silence(model.step_embedder)
    nn.init.zeros_(_last_linear(model.final_layer.adaLN_modulation).weight)
    nn.init.zeros_(model.final_layer.linear.weight)
    if positional_heads > 0:
        _attend_to_own_place(model, positional_heads)


@torch.no_grad()
def with_step_size(model: JDiT) -> JDiT:
    """The same function as a network that can learn what the size of a step means; weights are shared."""
    if model.step_embedder is not None:
        return model
    config = model.config.model_copy(update={"step_size": True})
    embedder = TimeEmbedder(config.hidden_size).to(model.prompt_embed)
    _silence(embedder)
    with torch.device("meta"):
        told = JDiT(config)
    told.load_state_dict(model.state_dict() | embedder.state_dict(prefix="step_embedder."), assign=True)
    return told.train(model.training)


def _silence(embedder: TimeEmbedder) -> None:
    """It says nothing at first, whatever it is told."""
    first, last = embedder.mlp[0], embedder.mlp[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    nn.init.normal_(first.weight, std=EMBEDDING_STD)
    for part in (first.bias, last.weight, last.bias):
        nn.init.zeros_(part)


def _last_linear(layers: nn.Module) -> nn.Linear:
    assert isinstance(layers, nn.Sequential)
    linear = layers[-1]
    assert isinstance(linear, nn.Linear)
    return linear


def _attend_to_own_place(model: JDiT, sharpness: float) -> None:
    """Let the heads of the first half of the KV heads attend to one offset, whatever the tokens hold.

    A rotary product of two constant vectors depends on the offset alone. All tokens get a common vector; projections
    turn it into keys e and queries e, turned back by one frame in every other head, so that the product is largest at
    the same row and column of the frame before, or of the own frame. The energy of e lies on the fast frequencies,
    which tell neighbours apart. The other heads start as published.
    """
    config = model.config
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(config.hidden_size, generator=generator)
    common = common / common.square().mean().sqrt()
    for embedder in (model.cond_embedder, model.x_embedder):
        norm = embedder[1]
        assert isinstance(norm, nn.LayerNorm)
        norm.bias.copy_(common)
    own_place, frame_before = _constant_vectors(config.head_dim)
    positional = max(1, config.kv_heads // 2)
    keys = own_place.repeat(positional)
    queries = torch.cat([own_place if i % 2 else frame_before for i in range(positional * config.kv_group)])
    direction = common / config.hidden_size
    for block in model.blocks:
        for stream in ("cond", "x"):
            for name, wanted in (("q", queries), ("k", keys)):
                linear = block.get_submodule(f"joint_attn.{stream}_{name}")
                norm = block.get_submodule(f"joint_attn.{stream}_{name}norm")
                assert isinstance(linear, nn.Linear)
                assert isinstance(norm.weight, nn.Parameter)
                rows = linear.weight[: len(wanted)]
                rows.add_(torch.outer(_COMMON_GAIN * wanted - rows @ common, direction))
                norm.weight[: len(wanted)] = math.sqrt(sharpness)


def _constant_vectors(head_dim: int) -> tuple[Tensor, Tensor]:
    """Unit-RMS vectors [head_dim]: e, and e turned back by one frame."""
    half = head_dim // 6
    frequency = ROPE_BASE ** (-torch.arange(half) / half)
    own_place = torch.zeros(3, 2, half)
    own_place[:, 0] = frequency
    own_place = own_place / own_place.square().mean().sqrt()
    frame_before = own_place.clone()
    time = own_place[0, 0]
    frame_before[0, 0], frame_before[0, 1] = time * frequency.cos(), -time * frequency.sin()
    return own_place.flatten(), frame_before.flatten()
