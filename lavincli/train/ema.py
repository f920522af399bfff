"""Exponential moving average of a network's weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def weight_of_step(decay: float, step: int) -> float:
    """How much of the weights of `step` the average takes over: 1 - min(decay, (1 + step) / (10 + step)).

    So the average forgets the random start.
    """
    return 1.0 - min(decay, (1 + step) / (10 + step))


class ExponentialMovingAverage:
    """Keeps `shadow = decay * shadow + (1 - decay) * weight` for every trained parameter."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.shadow = {name: p.detach().clone() for name, p in module.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        trained = dict(module.named_parameters())
        names = list(self.shadow)
        weight = weight_of_step(self.decay, step)
        torch._foreach_lerp_([self.shadow[n] for n in names], [trained[n].detach() for n in names], weight)

    @contextmanager
    def in_place(self, module: nn.Module) -> Iterator[None]:
        """Within the block the module has the averaged weights."""
        self._swap(module)
        try:
            yield
        finally:
            self._swap(module)

    def _swap(self, module: nn.Module) -> None:
        for name, parameter in module.named_parameters():
            if name in self.shadow:
                parameter.data, self.shadow[name] = self.shadow[name], parameter.data

    def load(self, shadow: Mapping[str, Tensor]) -> None:
        if shadow.keys() != self.shadow.keys():
            raise ValueError("the stored average belongs to a network with other parameters")
        for name, value in self.shadow.items():
            value.copy_(shadow[name])
