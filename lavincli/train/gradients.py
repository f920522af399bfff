"""Backward passes that nobody steps after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def without_gradients(*modules: nn.Module) -> Iterator[None]:
    """Within the block a backward pass drops each parameter's gradient as soon as it is there."""

    def drop(parameter: Tensor) -> None:
        parameter.grad = None

    trained = [p for module in modules for p in module.parameters() if p.requires_grad]
    hooks = [p.register_post_accumulate_grad_hook(drop) for p in trained]  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
