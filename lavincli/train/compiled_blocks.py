"""Compiled blocks for training: what a block does forward and backward becomes a few loops over memory, not dozens."""

from __future__ import annotations

from types import MethodType

import torch

from lavincli.compiling import Backend, compiled
from lavincli.model.block import JDiTBlock
from lavincli.model.jdit import JDiT

_METHODS = (JDiTBlock.joint, JDiTBlock.advance, JDiTBlock.keys_values)


def compile_blocks(jdit: JDiT, device: torch.device, *, backend: Backend = "inductor") -> None:
    """Let all blocks do what they do in training through `torch.compile`. The numbers stay the same to rounding.

    The first batch of each shape takes seconds to minutes; what was built is kept by PyTorch and found again by the
    next run. Raises ConfigError where it can't be done.
    """
    for method in _METHODS:
        shared = compiled(method, device, backend=backend)
        for block in jdit.layers():
            setattr(block, method.__name__, MethodType(shared, block))
