"""The steps of a block, as they are or compiled: one graph for all blocks of a kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lavincli.engine.steps import joint_step, last_step, target_step
from lavincli.errors import ConfigError

Backend = str | Callable[..., Any]
_SHAPES = 64
_COMPILERS = ("c++", "g++", "clang++")


@dataclass(frozen=True, slots=True)
class Steps:
    """`target_step`, `joint_step` and `last_step`, or what was compiled from them."""

    target: Callable[..., Tensor] = target_step
    joint: Callable[..., Any] = joint_step
    last: Callable[..., Any] = last_step


def compiled_steps(device: torch.device, *, backend: Backend = "inductor") -> Steps:
    """The steps compiled by `torch.compile`, each as one whole graph for given shapes.

    Blocks differ in nothing but their weights, which are inputs of a graph: all share it. A break in a graph is an
    error. Raises ConfigError where a CPU's graphs can't be built for want of a C++ compiler.
    """
    if backend == "inductor" and device.type == "cpu" and not any(shutil.which(name) for name in _COMPILERS):
        raise ConfigError(
            f"compiling for a CPU needs a C++ compiler ({', '.join(_COMPILERS)}), and none is on PATH; "
            "install one, or leave compiling off"
        )
    # Every size of batch and context has graphs of its own; more than eight of them is nothing unusual here.
    limits: Any = torch._dynamo.config
    limits.recompile_limit = max(limits.recompile_limit, _SHAPES)
    whole: Callable[..., Any] = torch.compile
    return Steps(
        *(whole(step, backend=backend, fullgraph=True, dynamic=False) for step in (target_step, joint_step, last_step))
    )
