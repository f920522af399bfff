"""What a step of training asks of a network: the velocity at a place or, for few steps, that over a whole stretch.

Shortcut models (arXiv 2410.12557) are told the size of the step that they are asked for. For size 0 they learn the
velocity of flow matching; for larger ones they learn to be consistent with themselves: one step goes where two of half
the size go. What is learned for short steps so grows into long ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lavincli.flow.loss import interpolate
from lavincli.train.config import JDiTTrainConfig
from lavincli.train.randomness import flow_times, shortcut_steps, takes_shortcuts

Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]
"""The network with its condition filled in: velocity at x [B, ...], given flow times [B] and step sizes [B]."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What the network is asked, and the velocity that is wanted of it. x and velocity [B, ...], t and step [B]."""

    x: Tensor
    t: Tensor
    step: Tensor
    velocity: Tensor


def question(
    config: JDiTTrainConfig, network: Velocity, data: Tensor, noise: Tensor, *, count: int, elements: range, step: int
) -> Question:
    """For some of the `count` elements of a step's batch.

    A batch asks for the one or for the other as a whole: so every process computes the same things, and no more than
    it has to.
    """
    random = {"seed": config.seed, "step": step}
    if config.shortcut is None or not takes_shortcuts(config.shortcut, **random):
        t = flow_times(config.time, count, elements, **random).to(data.device)
        return Question(interpolate(data, noise, t), t, torch.zeros_like(t), data - noise)
    t, size = (drawn.to(data.device) for drawn in shortcut_steps(config.shortcut, count, elements, **random))
    x = interpolate(data, noise, t)
    return Question(x, t, size, over_two_halves(network, x, t, size, smallest=config.shortcut.smallest))


@torch.no_grad()
def over_two_halves(network: Velocity, x: Tensor, t: Tensor, size: Tensor, *, smallest: float) -> Tensor:
    """The mean velocity of two steps of half the size each, as the network itself takes them from x at t.

    Where a half is shorter than the smallest step, it is followed as one of size 0.
    """
    half = size / 2
    told = torch.where(half < smallest, 0.0, half)
    first = network(x, t, told)
    second = network(x + half.view(-1, *[1] * (x.ndim - 1)) * first, t + half, told)
    return (first + second) / 2
