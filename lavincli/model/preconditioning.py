"""What a network has to learn, of one scale at every time: arXiv 2206.00364 (section 5), for flow matching.

For data and noise of unit variance, x_t = t * data + (1 - t) * noise has the variance s^2 = t^2 + (1 - t)^2. The best
linear guess of the velocity from x_t alone is (2t - 1) / s^2 * x_t, and what is left of it has the deviation 1 / s. A
network that adds the rest answers with numbers of unit variance at every time: with the data at t = 0, where x_t is
noise that it needs not carry through all blocks to take it off the data again.
"""

from __future__ import annotations

from torch import Tensor


def preconditioned_velocity(output: Tensor, x: Tensor, t_b: Tensor) -> Tensor:
    """The velocity at x: output and x [B, ...], times [B] or [1]."""
    t = t_b.float().view(-1, *[1] * (x.ndim - 1))
    variance = t.square() + (1 - t).square()
    return (2 * t - 1) / variance * x.float() + output * variance.rsqrt()
