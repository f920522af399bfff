"""`torch.compile` as it is used here: functions of a block and tensors, one whole graph for all blocks of a kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch

from lavincli.errors import ConfigError

Backend = str | Callable[..., Any]
Function = TypeVar("Function", bound=Callable[..., Any])
# Far more shapes than any run has: at the limit a run would end, hours after it began.
_GRAPHS = 2**14
_COMPILERS = ("c++", "g++", "clang++")


def compiled(function: Function, device: torch.device, *, backend: Backend = "inductor") -> Function:
    """The function compiled as one whole graph for given shapes; a break in it is an error.

    Blocks differ in nothing but their weights, which are inputs of a graph: all share it. Raises ConfigError where a
    CPU's graphs can't be built for want of a C++ compiler.
    """
    if backend == "inductor" and device.type == "cpu" and not any(shutil.which(name) for name in _COMPILERS):
        raise ConfigError(
            f"compiling for a CPU needs a C++ compiler ({', '.join(_COMPILERS)}), and none is on PATH; "
            "install one, or leave compiling off"
        )
    # Every size of batch and context has graphs of its own; a training mixture has a hundred of them.
    limits: Any = torch._dynamo.config
    limits.recompile_limit = max(limits.recompile_limit, _GRAPHS)
    limits.accumulated_recompile_limit = max(limits.accumulated_recompile_limit, _GRAPHS)
    return cast("Function", torch.compile(function, backend=backend, fullgraph=True, dynamic=False))
