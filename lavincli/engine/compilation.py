"""The steps of a block, as they are or compiled: one graph for all blocks of a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lavincli.compiling import Backend, compiled
from lavincli.engine.steps import joint_step, last_step, target_step


@dataclass(frozen=True, slots=True)
class Steps:
    """`target_step`, `joint_step` and `last_step`, or what was compiled from them."""

    target: Callable[..., Tensor] = target_step
    joint: Callable[..., Any] = joint_step
    last: Callable[..., Any] = last_step


def compiled_steps(device: torch.device, *, backend: Backend = "inductor") -> Steps:
    """The steps compiled by `torch.compile`, each as one whole graph for given shapes.

    Raises ConfigError where that can't be done.
    """
    return Steps(
        target=compiled(target_step, device, backend=backend),
        joint=compiled(joint_step, device, backend=backend),
        last=compiled(last_step, device, backend=backend),
    )
