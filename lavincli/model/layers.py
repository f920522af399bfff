"""Small layers of the J-DiT: weightless RMS norm, SwiGLU, modulation, time embedding."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RMS_EPSILON = 1e-6
TIME_FREQUENCIES = 128


def rms(x: Tensor, weight: Tensor | None = None) -> Tensor:
    """Divide by the root mean square over the last axis."""
    return F.rms_norm(x, (x.shape[-1],), weight, RMS_EPSILON)


def rms_times(x: Tensor, factor: Tensor) -> Tensor:
    """factor * RMS(x), the factor [B, 1, D]; one for all tokens goes through the norm as its weight, in one pass."""
    if not torch.is_grad_enabled() and factor.numel() == x.shape[-1]:
        return rms(x, factor.flatten())
    return factor * rms(x)


class RMSNorm(nn.Module):
    """RMS norm with a weight, over all values of a token (every head together)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        return rms(x.float(), self.weight.float()).to(x.dtype)


class SwiGLU(nn.Module):
    """down(SiLU(gate(u)) * up(u)), no biases (arXiv 2002.05202)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(size, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, size, bias=False)
        self.up_proj = nn.Linear(size, hidden, bias=False)

    def forward(self, u: Tensor) -> Tensor:
        out: Tensor = self.down_proj(F.silu(self.gate_proj(u)) * self.up_proj(u))
        return out


class Modulation(NamedTuple):
    """Scales and (already squashed) gates of one block and stream, each [B, 1, D]."""

    attention_scale: Tensor
    attention_gate: Tensor
    mlp_scale: Tensor
    mlp_gate: Tensor


def modulation_layer(size: int, outputs: int) -> nn.Sequential:
    """SiLU, then a linear layer from the time [B, D] to `outputs` vectors [B, outputs * D]."""
    return nn.Sequential(nn.SiLU(), nn.Linear(size, outputs * size))


def read_modulation(layer: nn.Module, time_bd: Tensor) -> Modulation:
    """A block's scales and gates at a time [B, D], in the published order: scale, gate, scale, gate."""
    attention_scale, attention_gate, mlp_scale, mlp_gate = layer(time_bd).unsqueeze(1).chunk(4, dim=-1)
    return Modulation(1 + attention_scale, attention_gate.tanh(), 1 + mlp_scale, mlp_gate.tanh())


class TimeEmbedder(nn.Module):
    """Flow time in [0, 1], fed as it is: 128 cosines, then 128 sines, then Linear-SiLU-Linear. [B] -> [B, D]."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(2 * TIME_FREQUENCIES, size), nn.SiLU(), nn.Linear(size, size))

    def forward(self, t_b: Tensor) -> Tensor:
        index = torch.arange(TIME_FREQUENCIES, dtype=torch.float32, device=t_b.device)
        angle = t_b.float()[:, None] * torch.exp(-math.log(10000.0) * index / TIME_FREQUENCIES)
        features = torch.cat([angle.cos(), angle.sin()], dim=-1)
        out: Tensor = self.mlp(features.to(next(self.mlp.parameters()).dtype))
        return out
