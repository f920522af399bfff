"""Starting weights of a J-DiT: as published, and settings that shorten the start of a small model's training."""

from __future__ import annotations

import math

import torch
from torch import nn

from lavincli.model.block import JDiTBlock
from lavincli.model.jdit import JDiT

EMBEDDING_STD = 0.02


@torch.no_grad()
def initialise(model: JDiT, *, gate_bias: float = 0.0, positional_heads: float = 0.0) -> None:
    """Published: Xavier-uniform linears, zero biases; normal type embeddings and time MLP; modulations and head zero.

    `gate_bias` opens the gates from the start (0 as published: blocks begin as identities). `positional_heads` > 0 lets
    every head begin by attending to its own place in the frame before and in its own frame, with this sharpness (the
    factor on queries and keys): copying the query is what a small model otherwise learns last.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
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
    nn.init.zeros_(_last_linear(model.final_layer.adaLN_modulation).weight)
    nn.init.zeros_(model.final_layer.linear.weight)
    if positional_heads > 0:
        _attend_to_own_place(model, positional_heads)


def _last_linear(layers: nn.Module) -> nn.Linear:
    assert isinstance(layers, nn.Sequential)
    linear = layers[-1]
    assert isinstance(linear, nn.Linear)
    return linear


def _attend_to_own_place(model: JDiT, sharpness: float) -> None:
    """Give all tokens a common vector, and projections to queries and keys whose product peaks at one offset.

    A rotary product of two constant vectors depends on the offset alone. The key of every head gets a vector e, the
    query e turned by one frame (half of the heads) or not at all (the other half), so that the product is largest at
    the same row and column of the frame before, or of the own frame.
    """
    config = model.config
    size, head_dim, half = config.hidden_size, config.head_dim, config.head_dim // 6
    common = torch.randn(size, generator=torch.Generator().manual_seed(0))
    common = common / common.square().mean().sqrt()
    for embedder in (model.cond_embedder, model.x_embedder):
        norm = embedder[1]
        assert isinstance(norm, nn.LayerNorm)
        norm.bias.copy_(common)
    direction = common / size
    still = torch.zeros(3, 2, half)
    still[:, 0] = math.sqrt(2.0)
    angle = 10000.0 ** (-torch.arange(half) / half)
    before = still.clone()
    before[0, 0], before[0, 1] = math.sqrt(2.0) * angle.cos(), -math.sqrt(2.0) * angle.sin()
    query_head = [before if head % 2 == 0 else still for head in range(config.num_heads)]
    query = torch.stack(query_head).reshape(-1)
    key = torch.stack([still] * config.kv_heads).reshape(-1)
    assert query.numel() == config.num_heads * head_dim
    for block in model.blocks:
        assert isinstance(block, JDiTBlock)
        for stream in ("cond", "x"):
            for name, target in (("q", query), ("k", key)):
                linear = block.joint_attn.get_submodule(f"{stream}_{name}")
                norm = block.joint_attn.get_submodule(f"{stream}_{name}norm")
                assert isinstance(linear, nn.Linear)
                linear.weight.add_(torch.outer(target - linear.weight @ common / size, direction * 2.0))
                assert isinstance(norm.weight, torch.Tensor)
                norm.weight.fill_(math.sqrt(sharpness))
