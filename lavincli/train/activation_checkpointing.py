"""Recomputing what the blocks of a network did, in the backward pass, instead of keeping it (arXiv 1604.06174)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint

from lavincli.model.block import JDiTBlock
from lavincli.model.resnet import Resnet

_METHODS: dict[type[nn.Module], tuple[str, ...]] = {JDiTBlock: ("joint", "advance"), Resnet: ("forward",)}


def recompute_blocks(network: nn.Module) -> None:
    """Let every block of a J-DiT or an ST-VAE keep no more than what comes in. The numbers stay the same."""
    for module in network.modules():
        for name in _METHODS.get(type(module), ()):
            setattr(module, name, _recomputed(getattr(module, name)))


def _recomputed(method: Callable[..., Any]) -> Callable[..., Any]:
    # No block draws random numbers, so the generator's state needn't be kept and restored.
    return partial(checkpoint, method, use_reentrant=False, preserve_rng_state=False)
