"""Solvers, on an equation whose solution is known: x' = x cos(t), x(t) = x(0) exp(sin t)."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from lavincli.flow.solvers import SOLVERS, evaluations, integrate
from lavincli.flow.time_grid import time_grid


def solve(solver: str, grid: str) -> tuple[float, int]:
    """The error at t = 1, and how often the velocity was asked for."""
    times, calls = time_grid(grid).tolist(), []

    def velocity(x: Tensor, place: int) -> Tensor:
        calls.append(place)
        return x * math.cos(times[place])

    found = integrate(velocity, torch.ones(1, dtype=torch.float64), times, solver)
    return abs(float(found) - math.exp(math.sin(1))), len(calls)


@pytest.mark.parametrize("grid", ["uniform:{}", "shifted:{}:3", "shifted:{}:0.4"])
@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2), ("ab2", 2)])
def test_order_of_convergence(solver: str, order: int, grid: str) -> None:
    """Half the step, and the error falls by two to the order, whether steps are even or not."""
    coarse, fine = solve(solver, grid.format(65))[0], solve(solver, grid.format(129))[0]
    assert math.log2(coarse / fine) == pytest.approx(order, abs=0.4)


@pytest.mark.parametrize("solver", SOLVERS)
def test_evaluations_are_counted(solver: str) -> None:
    assert solve(solver, "published:12")[1] == evaluations(solver, 12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_straight_paths_are_followed_exactly(solver: str) -> None:
    noise, data = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = integrate(lambda *_: data - noise, noise, time_grid(20).tolist(), solver)
    assert torch.allclose(found, data)
