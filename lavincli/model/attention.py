"""Joint attention: each stream has its own projections, and both attend to the keys and values of both.

LaVin-DiT, section 3.3; grouped-query attention, arXiv 2305.13245.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lavincli.model.config import JDiTConfig
from lavincli.model.layers import RMSNorm
from lavincli.model.rope import Rotation, rotate

Stream = Literal["cond", "x"]


class KeysValues(NamedTuple):
    """Rotated keys and values, each [B, kv_heads, N, head_dim]."""

    keys: Tensor
    values: Tensor

    def then(self, later: KeysValues) -> KeysValues:
        """These tokens followed by `later` ones; every element here serves `later`'s batch / own batch neighbours."""
        times = later.keys.shape[0] // self.keys.shape[0]
        keys, values = (x if times == 1 else x.repeat_interleave(times, 0) for x in self)
        return KeysValues(torch.cat([keys, later.keys], 2), torch.cat([values, later.values], 2))


class JointAttention(nn.Module):
    """Projections of both streams; parameter names are the published ones."""

    def __init__(self, config: JDiTConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.num_heads, config.kv_heads, config.head_dim
        size, kv_size = config.hidden_size, config.kv_heads * config.head_dim
        for stream in ("cond", "x"):
            self.add_module(f"{stream}_q", nn.Linear(size, size, bias=False))
            self.add_module(f"{stream}_k", nn.Linear(size, kv_size, bias=False))
            self.add_module(f"{stream}_v", nn.Linear(size, kv_size, bias=False))
            self.add_module(f"{stream}_qnorm", RMSNorm(size))
            self.add_module(f"{stream}_knorm", RMSNorm(kv_size))
            self.add_module(f"{stream}_proj", nn.Linear(size, size, bias=False))

    def project(self, stream: Stream, u_bnd: Tensor, table: Rotation) -> tuple[Tensor, KeysValues]:
        """Tokens [B, N, D] -> rotated queries [B, heads, N, head_dim] and their keys and values."""
        layer = self.get_submodule
        queries = layer(f"{stream}_qnorm")(layer(f"{stream}_q")(u_bnd))
        keys = layer(f"{stream}_knorm")(layer(f"{stream}_k")(u_bnd))
        values = layer(f"{stream}_v")(u_bnd)
        split = [y.unflatten(-1, (-1, self.head_dim)).transpose(1, 2) for y in (queries, keys, values)]
        return rotate(split[0], table), KeysValues(rotate(split[1], table), split[2])

    def attend(self, queries_bhnd: Tensor, over: KeysValues) -> Tensor:
        """Softmax attention; query head j uses KV head j // kv_group. [B, N, D] before the output projection."""
        grouped = self.heads != self.kv_heads
        if torch.is_grad_enabled() and queries_bhnd.device.type == "cpu":
            out = _explicit_attention(queries_bhnd, over)
        else:
            out = F.scaled_dot_product_attention(queries_bhnd, over.keys, over.values, enable_gqa=grouped)
        return out.transpose(1, 2).flatten(2)

    def output(self, stream: Stream, attended_bnd: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(f"{stream}_proj")(attended_bnd)
        return out


def _explicit_attention(queries_bhnd: Tensor, over: KeysValues) -> Tensor:
    """The same, as two matrix products: on a CPU, forward and backward of small models take a quarter of SDPA's time.

    The heads of a group sit side by side, so that they share their keys and values without a copy.
    """
    batch, heads, tokens, head_dim = queries_bhnd.shape
    grouped_bkgd = queries_bhnd.reshape(batch, over.keys.shape[1], -1, head_dim)
    weights = (grouped_bkgd @ over.keys.transpose(-1, -2) * head_dim**-0.5).softmax(-1)
    attended: Tensor = weights.to(over.values.dtype) @ over.values
    return attended.reshape(batch, heads, tokens, head_dim)
