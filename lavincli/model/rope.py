"""Rotary position embedding over time, row and column (RoFormer, arXiv 2104.09864; LaVin-DiT, section 3.3)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROPE_BASE = 10000.0
AXES = 3


class Rotation(NamedTuple):
    """Cosines and sines, each [N, 3, d/2]: N tokens, three axes, d = head_dim / 3."""

    cos: Tensor
    sin: Tensor


def rotation(
    frames: int, height: int, width: int, head_dim: int, *, first_frame: int = 0, device: torch.device | None = None
) -> Rotation:
    """Angles of a block of `frames` x `height` x `width` tokens whose first frame has time coordinate `first_frame`.

    Tokens run over time, then rows, then columns; coordinates are integers. Returns float32 tables.
    """
    half = head_dim // AXES // 2
    frequency = ROPE_BASE ** (-torch.arange(half, dtype=torch.float32, device=device) / half)
    axes = (
        torch.arange(first_frame, first_frame + frames, device=device),
        torch.arange(height, device=device),
        torch.arange(width, device=device),
    )
    coordinates_na = torch.cartesian_prod(*axes).float()
    angle_naf = coordinates_na[:, :, None] * frequency
    return Rotation(angle_naf.cos(), angle_naf.sin())


def rotate(x_bhnd: Tensor, table: Rotation) -> Tensor:
    """Rotate entry i with entry i + d/2 inside each axis' part of the head dimension; keeps the dtype."""
    first, second = torch.unflatten(x_bhnd, -1, (AXES, 2, -1)).unbind(-2)
    cos, sin = table.cos.to(x_bhnd.dtype), table.sin.to(x_bhnd.dtype)
    turned = torch.stack([first * cos - second * sin, second * cos + first * sin], dim=-2)
    return turned.flatten(-3)
