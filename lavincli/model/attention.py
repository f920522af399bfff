"""Joint attention: each stream has its own projections, and both attend to the keys and values of both.

LaVin-DiT, section 3.3; grouped-query attention, arXiv 2305.13245.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn, unflatten

from lavincli.model.attend import KeysValues, attend
from lavincli.model.config import JDiTConfig
from lavincli.model.layers import RMSNorm
from lavincli.model.rope import Rotation, rotate

Stream = Literal["cond", "x"]


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
        return rotate(self._heads(queries), table), self.keys_values(stream, u_bnd, table)

    def keys_values(self, stream: Stream, u_bnd: Tensor, table: Rotation) -> KeysValues:
        """The second half of `project` alone."""
        layer = self.get_submodule
        keys = layer(f"{stream}_knorm")(layer(f"{stream}_k")(u_bnd))
        return KeysValues(rotate(self._heads(keys), table), self._heads(layer(f"{stream}_v")(u_bnd)))

    def attend(self, queries_bhnd: Tensor, *over: KeysValues) -> Tensor:
        """Softmax attention over all parts together; query head j uses KV head j // kv_group.

        A part's batch divides B: each of its elements serves B / batch neighbours. [B, N, D] before the output
        projection.
        """
        return attend(queries_bhnd, over).transpose(1, 2).flatten(2)

    def output(self, stream: Stream, attended_bnd: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(f"{stream}_proj")(attended_bnd)
        return out

    def _heads(self, y_bnd: Tensor) -> Tensor:
        return unflatten(y_bnd, -1, (-1, self.head_dim)).transpose(1, 2)
