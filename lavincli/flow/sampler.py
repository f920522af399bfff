"""Sampling: from noise along the velocity to data, with classifier-free guidance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from lavincli.errors import ConfigError
from lavincli.flow.time_grid import time_grid
from lavincli.model.jdit import JDiT

Velocity = Callable[[Tensor, Tensor], Tensor]
SOLVERS = ("euler",)


def sample(
    jdit: JDiT,
    cond: Tensor,
    noise: Tensor,
    *,
    guidance: float = 1.0,
    grid: int | str = 20,
    solver: str = "euler",
    query_frames: int | None = None,
) -> Tensor:
    """Integrate from `noise` [B, 16, Tx, h, w] at t = 0 to data at t = 1, given `cond` [B, 16, Tc, h, w].

    Guidance s uses v_null + s * (v_cond - v_null), where the null condition is a frame of zeros and the query (the last
    `query_frames` frames of cond, by default Tx); at s = 1 it is skipped. Raises ConfigError for an unknown grid or
    solver, ValueError for shapes that do not belong together.
    """
    if solver not in SOLVERS:
        raise ConfigError(f"solver '{solver}': known are {', '.join(SOLVERS)}")
    times = time_grid(grid).tolist()
    jdit.check(noise, noise.new_zeros(noise.shape[0]), cond)
    frames = min(noise.shape[2] if query_frames is None else query_frames, cond.shape[2])
    velocity = _velocity(jdit, cond, frames)
    if guidance != 1.0:
        query = cond[:, :, cond.shape[2] - frames :]
        null = torch.cat([torch.zeros_like(query[:, :, :1]), query], dim=2)
        velocity = _guided(velocity, _velocity(jdit, null, frames), guidance)
    x = noise.float()
    for now, then in pairwise(times):
        x = x + (then - now) * velocity(x, x.new_full((x.shape[0],), now))
    return x


def _velocity(jdit: JDiT, cond: Tensor, query_frames: int) -> Velocity:
    """The model with its condition filled in; a one-way model reads the condition here, once for all steps."""
    if jdit.config.attention == "joint":
        return lambda x, t: jdit(x, t, cond)
    query_start = cond.shape[2] - query_frames
    context = jdit.remember(cond[:, :, :query_start]) if query_start else None
    memory = jdit.remember(cond[:, :, query_start:], context)
    return lambda x, t: jdit.denoise(x, t, memory)


def _guided(conditional: Velocity, null: Velocity, guidance: float) -> Velocity:
    def velocity(x: Tensor, t: Tensor) -> Tensor:
        without = null(x, t)
        return without + guidance * (conditional(x, t) - without)

    return velocity
