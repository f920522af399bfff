"""Grids of flow times from 0 (noise) to 1 (data)."""

from __future__ import annotations

import torch
from torch import Tensor

from lavincli.flow.grid_names import parse_grid

# The released tool carries these grids as constants of four decimals.
_ROUNDED_POINTS = (20, 30, 40)
_KNEE = 0.05


def time_grid(grid: int | str) -> Tensor:
    """Float64 times, rising from 0 to 1; N points make N - 1 steps.

    `20` or `"published:20"`, `"uniform:5"`, or `"shifted:5:3"`: uniform, then shifted towards noise by a factor (3), as
    more noise is wanted for larger pictures (Stable Diffusion 3, arXiv 2403.03206, section 5.3.2). A factor below 1
    shifts towards data. Raises ConfigError for another form, fewer than two points, or an odd published grid.
    """
    name = parse_grid(grid)
    if name.kind == "published":
        return _published(name.points)
    even = torch.linspace(0, 1, name.points, dtype=torch.float64)
    return even if name.shift == 1 else even / (even + name.shift * (1 - even))


def _published(points: int) -> Tensor:
    """Half of the points up to t = 0.05, evenly; the other half beyond, their spacing growing (reference sampler)."""
    half = points // 2
    early = torch.linspace(0, _KNEE, half, dtype=torch.float64)
    late = _KNEE + (1 - _KNEE) * torch.linspace(1 / points, 1, half, dtype=torch.float64) ** 2
    grid = torch.cat([early, late])
    grid[-1] = 1.0
    return grid.round(decimals=4) if points in _ROUNDED_POINTS else grid
