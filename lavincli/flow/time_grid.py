"""Grids of flow times from 0 (noise) to 1 (data)."""

from __future__ import annotations

import torch
from torch import Tensor

from lavincli.errors import ConfigError

# The released tool carries these grids as constants of four decimals.
_ROUNDED_POINTS = (20, 30, 40)
_KNEE = 0.05


def time_grid(grid: int | str) -> Tensor:
    """Float64 times, rising from 0 to 1: `20` or `"published:20"`, or `"uniform:5"`. N points make N - 1 steps.

    Raises ConfigError for another form, fewer than two points, or an odd published grid.
    """
    kind, _, count = f"published:{grid}".partition(":") if isinstance(grid, int) else grid.partition(":")
    if kind not in ("published", "uniform") or not count.isdecimal():
        raise ConfigError(
            f"grid '{grid}': expected a number of points, published:N or uniform:N, for example uniform:5"
        )
    points = int(count)
    if points < 2 or (kind == "published" and points % 2):
        raise ConfigError(
            f"grid '{grid}': needs at least 2 points, and an even number of them where it is a published one"
        )
    return torch.linspace(0, 1, points, dtype=torch.float64) if kind == "uniform" else _published(points)


def _published(points: int) -> Tensor:
    """Half of the points up to t = 0.05, evenly; the other half beyond, their spacing growing (reference sampler)."""
    half = points // 2
    early = torch.linspace(0, _KNEE, half, dtype=torch.float64)
    late = _KNEE + (1 - _KNEE) * torch.linspace(1 / points, 1, half, dtype=torch.float64) ** 2
    grid = torch.cat([early, late])
    grid[-1] = 1.0
    return grid.round(decimals=4) if points in _ROUNDED_POINTS else grid
