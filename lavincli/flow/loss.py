"""Flow matching: x_t = t * data + (1 - t) * noise, velocity = data - noise.

Rectified flow (arXiv 2209.03003); LaVin-DiT, section 3.4.
"""

from __future__ import annotations

import torch
from torch import Tensor


def interpolate(data: Tensor, noise: Tensor, t_b: Tensor) -> Tensor:
    """The point on the straight path at each element's time; data and noise [B, ...], t [B]."""
    t = t_b.view(-1, *[1] * (data.ndim - 1))
    return t * data + (1 - t) * noise


def velocity_loss(predicted: Tensor, velocity: Tensor, *, l1: float) -> Tensor:
    """MSE + l1 * L1 on the velocity, one number an element: [B]. Published: l1 = 0.1.

    At t = 0 it is also the loss on the data that one step arrives at: what is added, the noise, is the same in both.
    """
    error = (predicted - velocity).flatten(1)
    return error.square().mean(1) + l1 * error.abs().mean(1)


def sample_times(
    count: int, *, logit_normal: float, uniform: float, generator: torch.Generator | None = None
) -> Tensor:
    """[count] times: a share `logit_normal` is sigmoid(N(0, 1)), a share `uniform` is uniform, the rest exactly 0."""
    draw = torch.rand(count, generator=generator)
    normal = torch.randn(count, generator=generator).sigmoid()
    flat = torch.rand(count, generator=generator)
    zero = torch.zeros(count)
    return torch.where(draw < logit_normal, normal, torch.where(draw < logit_normal + uniform, flat, zero))
