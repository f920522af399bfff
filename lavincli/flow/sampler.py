"""Sampling as published: from noise along the velocity to data, a pass with the condition and one without it.

The plain reference of `lavincli.engine`, which computes the same faster; and what training looks at its answers with.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lavincli.flow.solvers import integrate, step_sizes
from lavincli.flow.time_grid import time_grid
from lavincli.model.jdit import JDiT

_Pass = Callable[[Tensor, Tensor, Tensor], Tensor]


def sample(
    jdit: JDiT,
    cond: Tensor,
    noise: Tensor,
    *,
    guidance: float = 1.0,
    grid: int | str = 20,
    solver: str = "euler",
    query_frames: int | None = None,
    guidance_interval: tuple[float, float] | None = None,
) -> Tensor:
    """Integrate from `noise` [B, 16, Tx, h, w] at t = 0 to data at t = 1, given `cond` [B, 16, Tc, h, w].

    Guidance s uses v_null + s * (v_cond - v_null), where the null condition is a frame of zeros and the query (the last
    `query_frames` frames of cond, by default Tx); at s = 1, or outside `guidance_interval`, it is skipped. A model that
    is told the sizes of steps is told those of the grid. Raises ConfigError for an unknown grid or solver, ValueError
    for shapes that do not belong together.
    """
    times = time_grid(grid).tolist()
    steps = step_sizes(times, solver)
    jdit.check(noise, noise.new_zeros(noise.shape[0]), cond)
    frames = min(noise.shape[2] if query_frames is None else query_frames, cond.shape[2])
    conditional = _pass(jdit, cond, frames)
    guides = guidance != 1.0 and any(guided(time, guidance_interval) for time in times)
    null = _pass(jdit, null_condition(cond, frames), frames) if guides else None

    def velocity(x: Tensor, place: int) -> Tensor:
        t, step = (x.new_full((x.shape[0],), of_grid[place]) for of_grid in (times, steps))
        if null is None or not guided(times[place], guidance_interval):
            return conditional(x, t, step)
        without = null(x, t, step)
        return without + guidance * (conditional(x, t, step) - without)

    return integrate(velocity, noise.float(), times, solver)


def null_condition(cond: Tensor, query_frames: int) -> Tensor:
    """A frame of zeros in normalised space, then the query: [B, 16, 1 + query_frames, h, w]."""
    query = cond[:, :, cond.shape[2] - query_frames :]
    return torch.cat([torch.zeros_like(query[:, :, :1]), query], dim=2)


def guided(time: float, interval: tuple[float, float] | None) -> bool:
    """Whether guidance is applied at a time."""
    return interval is None or interval[0] <= time <= interval[1]


def _pass(jdit: JDiT, cond: Tensor, query_frames: int) -> _Pass:
    """The model with its condition filled in; a one-way model reads the condition here, once for all steps."""
    if jdit.config.attention == "joint":
        return lambda x, t, step: jdit(x, t, cond, step=step)
    query_start = cond.shape[2] - query_frames
    context = jdit.remember(cond[:, :, :query_start]) if query_start else None
    memory = jdit.remember(cond[:, :, query_start:], context)
    return lambda x, t, step: jdit.denoise(x, t, memory, step)
