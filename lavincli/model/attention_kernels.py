"""Fused attention that also gives the logarithm of each softmax's sum, which PyTorch's public function keeps back."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Attention = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
_PROBE_TOLERANCE = 0.02


def attention_with_sum(queries_bhnd: Tensor, keys_bhmd: Tensor, values_bhmd: Tensor) -> tuple[Tensor, Tensor]:
    """Attention [B, H, N, d], and log(sum(exp(scores))) as float32 [B, H, N]; scores are scaled by d ** -0.5."""
    kind = (queries_bhnd.device.type, queries_bhnd.dtype, queries_bhnd.shape[-1])
    if kind not in _chosen:
        _chosen[kind] = _kernel(*kind)
    return _chosen[kind](queries_bhnd, keys_bhmd, values_bhmd)


def plain(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """By the definition; the scores are held whole."""
    scores = (queries @ keys.transpose(-1, -2)).float() * queries.shape[-1] ** -0.5
    return scores.softmax(-1).to(values.dtype) @ values, scores.logsumexp(-1)


def _on_cpu(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    out, log_sum = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(queries, keys, values)
    return out, log_sum


def _on_cuda(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    operation = torch.ops.aten._scaled_dot_product_efficient_attention
    out, log_sum, *_ = operation(queries, keys, values, None, True)
    return out, log_sum[..., : queries.shape[2]]


_KERNELS: dict[str, Attention] = {"cpu": _on_cpu, "cuda": _on_cuda}


_chosen: dict[tuple[str, torch.dtype, int], Attention] = {}


def _kernel(device: str, dtype: torch.dtype, head_dim: int) -> Attention:
    """The device's kernel, if it gives what the definition gives for this number format and width of a head.

    These operations are no public interface: what they return is looked at once before it is relied on.
    """
    kernel = _KERNELS.get(device)
    if kernel is None:
        return plain
    generator = torch.Generator().manual_seed(0)
    shape = (1, 2, 40, head_dim)
    given = [torch.randn(shape, generator=generator).to(device, dtype) for _ in range(3)]
    try:
        found = kernel(*given)
    except RuntimeError:
        return plain
    for one, other in zip(found, plain(*given), strict=True):
        if one.shape != other.shape or (one.float() - other.float()).abs().max() > _PROBE_TOLERANCE:
            return plain
    return kernel
