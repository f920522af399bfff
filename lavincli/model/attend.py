"""Softmax attention over keys and values that lie in parts, some of them shared by neighbours in the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, cat, unflatten

from lavincli.model.attention_kernels import attention_with_sum


class KeysValues(NamedTuple):
    """Rotated keys and values, each [B, kv_heads, N, head_dim]."""

    keys: Tensor
    values: Tensor

    def then(self, later: KeysValues) -> KeysValues:
        """These tokens followed by `later` ones, as one part."""
        return KeysValues(cat([self.keys, later.keys], 2), cat([self.values, later.values], 2))

    def repeated(self, batch: int) -> KeysValues:
        """For a batch: every element repeated for each of its neighbours."""
        times = batch // self.keys.shape[0]
        return self if times == 1 else KeysValues(*(x.repeat_interleave(times, 0) for x in self))


def attend(queries_bhnd: Tensor, over: Sequence[KeysValues]) -> Tensor:
    """Attention of each query to the tokens of all parts: [B, heads, N, head_dim].

    Query head j uses KV head j // (heads / kv_heads). A part's batch divides B; each element of it serves B / batch
    neighbours, whose queries are laid side by side for it instead of copying it.
    """
    if torch.is_grad_enabled():
        if queries_bhnd.device.type == "cpu":
            return _explicit_attention(queries_bhnd, over)
        return _fused(queries_bhnd, [part.repeated(len(queries_bhnd)) for part in over])
    parts = joined(over)
    if len(parts) == 1 and len(parts[0].keys) == len(queries_bhnd):
        return _fused(queries_bhnd, parts)
    return _merged(queries_bhnd, parts)


def joined(parts: Sequence[KeysValues]) -> list[KeysValues]:
    """The same tokens in as few parts as can be: neighbours of one batch size become one part."""
    found: list[KeysValues] = []
    for part in parts:
        if found and len(found[-1].keys) == len(part.keys):
            found[-1] = found[-1].then(part)
        else:
            found.append(part)
    return found


def _fused(queries_bhnd: Tensor, parts: Sequence[KeysValues]) -> Tensor:
    over = parts[0] if len(parts) == 1 else KeysValues(*(cat(sides, 2) for sides in zip(*parts, strict=True)))
    grouped = queries_bhnd.shape[1] != over.keys.shape[1]
    return F.scaled_dot_product_attention(queries_bhnd, over.keys, over.values, enable_gqa=grouped)


def _grouped(queries_bhnd: Tensor, kv_heads: int) -> Tensor:
    """[B, kv_heads, group * N, head_dim]: heads of a group sit side by side, and share keys and values uncopied."""
    return queries_bhnd.reshape(len(queries_bhnd), kv_heads, -1, queries_bhnd.shape[-1])


def _fold(x_bkrd: Tensor, batch: int) -> Tensor:
    """Rows of neighbours side by side: [B, K, R, d] -> [batch, K, B / batch * R, d]."""
    if len(x_bkrd) == batch:
        return x_bkrd
    return unflatten(x_bkrd, 0, (batch, -1)).transpose(1, 2).flatten(2, 3)


def _unfold(x_ckrd: Tensor, batch: int) -> Tensor:
    """The inverse of `_fold`."""
    if len(x_ckrd) == batch:
        return x_ckrd
    return unflatten(x_ckrd, 2, (batch // len(x_ckrd), -1)).transpose(1, 2).flatten(0, 1)


def _merged(queries_bhnd: Tensor, parts: Sequence[KeysValues]) -> Tensor:
    """Each part attended to on its own, weighed by its share of the softmax's sum (arXiv 2501.01005, section 2.2)."""
    batch = len(queries_bhnd)
    grouped = _grouped(queries_bhnd, parts[0].keys.shape[1])
    found, sums = [], []
    for part in parts:
        out, log_sum = attention_with_sum(_fold(grouped, len(part.keys)), part.keys, part.values)
        found.append(_unfold(out, batch))
        sums.append(_unfold(log_sum.unsqueeze(-1), batch))
    shares = torch.stack(sums).softmax(0)
    merged = sum(share * out.float() for share, out in zip(shares, found, strict=True))
    assert isinstance(merged, Tensor)
    return merged.to(queries_bhnd.dtype).reshape(queries_bhnd.shape)


def _explicit_attention(queries_bhnd: Tensor, over: Sequence[KeysValues]) -> Tensor:
    """As matrix products: on a CPU, forward and backward of small models take a quarter of SDPA's time."""
    batch, head_dim = len(queries_bhnd), queries_bhnd.shape[-1]
    grouped = _grouped(queries_bhnd, over[0].keys.shape[1])
    scores = [_unfold(_fold(grouped, len(part.keys)) @ part.keys.transpose(-1, -2), batch) for part in over]
    weights = (cat(scores, -1) * head_dim**-0.5).softmax(-1).to(over[0].values.dtype)
    shares = weights.split([part.keys.shape[2] for part in over], dim=-1)
    attended = sum(
        _unfold(_fold(share, len(part.values)) @ part.values, batch) for share, part in zip(shares, over, strict=True)
    )
    assert isinstance(attended, Tensor)
    return attended.reshape(queries_bhnd.shape)
