"""Optimisers and the learning-rate schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lavincli.train.config import OptimizerConfig


def build_optimizers(module: nn.Module, config: OptimizerConfig) -> list[Optimizer]:
    """AdamW over everything, or Muon over the matrices of blocks and AdamW over the rest. Vectors are not decayed."""
    trained = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    matrices = [p for name, p in trained if _suits_muon(name, p)] if config.name == "muon" else []
    taken = {id(p) for p in matrices}
    rest = [p for _, p in trained if id(p) not in taken]
    groups = [
        {"params": [p for p in rest if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    optimizers: list[Optimizer] = []
    if groups:
        optimizers.append(torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True))
    if matrices:
        muon = torch.optim.Muon(
            matrices, lr=config.learning_rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        optimizers.append(muon)
    return optimizers


class Together(Optimizer):
    """Several optimisers as one."""

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self._optimizers = optimizers
        super().__init__([p for o in optimizers for group in o.param_groups for p in group["params"]], {})
        self.param_groups = [group for optimizer in optimizers for group in optimizer.param_groups]

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """A step of each."""
        assert closure is None
        for optimizer in self._optimizers:
            optimizer.step()


def state_keys(optimizer: Optimizer) -> tuple[str, ...]:
    """What this optimiser remembers of every parameter from the first step on."""
    return ("momentum_buffer",) if isinstance(optimizer, torch.optim.Muon) else ("step", "exp_avg", "exp_avg_sq")


def empty_state(optimizer: Optimizer, parameter: Tensor) -> dict[str, Tensor]:
    """What it remembers before the first step."""
    return {
        key: torch.zeros((), device=parameter.device) if key == "step" else torch.zeros_like(parameter.detach())
        for key in state_keys(optimizer)
    }


def _suits_muon(name: str, parameter: nn.Parameter) -> bool:
    """Hidden matrices that tokens go through; modulations are read from the time alone and start at zero."""
    return parameter.ndim == 2 and name.startswith("blocks.") and "modulation" not in name


def learning_rate_factor(step: int, steps: int, config: OptimizerConfig) -> float:
    """Linear warm-up, then constant, or cosine or linear down to `final_share` of the peak.

    That is where the step after the last one would be.
    """
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return 1.0
    progress = min(1.0, (step - config.warmup_steps) / max(1, steps - config.warmup_steps))
    shape = 1.0 - progress if config.schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * progress))
    return config.final_share + (1.0 - config.final_share) * shape


def set_learning_rate(optimizers: Iterable[Optimizer], learning_rate: float) -> None:
    """Give every parameter group of every optimiser this learning rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
