"""A forward and a backward pass of the largest batch on every process, before any of them takes its first step."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lavincli.errors import LavinError
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.gradients import without_gradients
from lavincli.train.objective import Objective, StepFigures

log = logging.getLogger(__name__)
_GIGA = 10**9


def rehearse(objective: Objective, config: STVAETrainConfig | JDiTTrainConfig) -> None:
    """Compute the largest batch, forward and backward, with every loss of the recipe, and leave no trace.

    All processes call it, with the bare networks: before an engine shards them, gradients are dropped as they come, and
    there is no optimiser yet. So it takes less memory than a step will, and what fails here would fail there too.

    Raises LavinError on the process where it fails, which ends the others: out of memory, or a loss that isn't finite.
    """
    device = torch.device(config.device)
    engines: dict[str, Any] = {
        name: _BareEngine(module, device, getattr(torch, config.precision))
        for name, (module, _) in objective.networks.items()
    }
    step = objective.largest_step()
    try:
        figures = objective.train_step(engines, step)
    except torch.OutOfMemoryError as error:
        raise LavinError(
            f"the largest batch doesn't fit into the memory of {device} ({str(error).splitlines()[0]}); "
            "lavin train RECIPE --plan --world GPUS --gpu-memory GB names settings that do"
        ) from error
    _check(figures, step)
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / _GIGA
        log.info("the largest batch takes %.1f GB of %s, without gradients and optimiser", peak, device)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _check(figures: StepFigures, step: int) -> None:
    # Those of single tasks say no more.
    losses = {name: value for name, value in figures.items() if not isinstance(value, tuple)}
    wrong = [f"{name} {value}" for name, value in losses.items() if not math.isfinite(value)]
    if wrong:
        raise LavinError(
            f"the losses of the batch of step {step + 1} aren't finite before the first step ({', '.join(wrong)}): "
            "the data or the weights that the run begins with are damaged"
        )


class _BareEngine:
    """As much of an engine as a step of an objective uses; `backward` drops what it computes, `step` does nothing."""

    def __init__(self, module: nn.Module, device: torch.device, precision: torch.dtype) -> None:
        self.module = module
        self._device, self._precision = device, precision

    def run(self, function: Callable[[], Tensor]) -> Tensor:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._precision == torch.bfloat16):
            return function()

    def backward(self, loss: Tensor) -> None:
        with without_gradients(self.module):
            loss.backward()  # type: ignore[no-untyped-call]

    def step(self, step: int, largest: float = 0.0) -> float:  # noqa: ARG002 - there is nothing to do
        return 0.0
