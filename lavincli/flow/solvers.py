"""Solvers of the flow's differential equation from t = 0 to t = 1, on a given grid of times."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from torch import Tensor

from lavincli.errors import ConfigError

Velocity = Callable[[Tensor, int], Tensor]
"""The velocity at x and at a place in the grid (its time is grid[place])."""

SOLVERS = ("euler", "heun", "ab2")


def integrate(velocity: Velocity, x: Tensor, times: Sequence[float], solver: str) -> Tensor:
    """Follow the velocity from x at times[0] to times[-1].

    euler: one evaluation a step. heun: two, the second at the step's end; second order (arXiv 2206.00364). ab2: one,
    and that of the step before; second order but for the first step (Adams-Bashforth for uneven steps). Raises
    ConfigError for another solver.
    """
    check_solver(solver)
    last: Tensor | None = None
    for place in range(len(times) - 1):
        step = times[place + 1] - times[place]
        now = velocity(x, place)
        if solver == "heun":
            x = x + step / 2 * (now + velocity(x + step * now, place + 1))
        elif solver == "ab2" and last is not None:
            share = step / (times[place] - times[place - 1]) / 2
            x = x + step * ((1 + share) * now - share * last)
        else:
            x = x + step * now
        last = now
    return x


def step_sizes(times: Sequence[float], solver: str) -> list[float]:
    """What a model that is told the size of a step is told at every place of the grid.

    euler: the step to the next place, over which the velocity is followed unchanged. The others ask for the velocity at
    a place, which is that of a step of size 0.
    """
    if solver != "euler":
        return [0.0] * len(times)
    return [later - earlier for earlier, later in itertools.pairwise(times)] + [0.0]


def evaluations(solver: str, points: int) -> int:
    """How often a solver asks for the velocity on a grid of so many points."""
    return (points - 1) * (2 if solver == "heun" else 1)


def check_solver(solver: str) -> None:
    """Raises ConfigError for a solver that isn't known."""
    if solver not in SOLVERS:
        raise ConfigError(f"solver '{solver}': known are {', '.join(SOLVERS)}")
