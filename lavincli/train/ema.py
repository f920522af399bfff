"""Exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ExponentialMovingAverage:
    """Keeps `shadow = decay * shadow + (1 - decay) * weight` for every trained parameter.

    The decay is min(decay, (1 + step) / (10 + step)), so that the average forgets the random start.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.shadow = {name: p.detach().clone() for name, p in module.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        weight = 1.0 - min(self.decay, (1 + step) / (10 + step))
        trained = dict(module.named_parameters())
        names = list(self.shadow)
        torch._foreach_lerp_([self.shadow[n] for n in names], [trained[n].detach() for n in names], weight)

    def state(self, module: nn.Module) -> dict[str, Tensor]:
        """All of the module's state, trained parameters averaged."""
        state = {name: value.detach().clone() for name, value in module.state_dict().items()}
        return state | {name: value.clone() for name, value in self.shadow.items()}

    def load(self, shadow: dict[str, Tensor]) -> None:
        if shadow.keys() != self.shadow.keys():
            raise ValueError("the stored average belongs to a network with other parameters")
        for name, value in shadow.items():
            self.shadow[name].copy_(value)
