"""A training step on tensors without content: what it computes and how much memory it would hold at its peak."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import _engine_run_backward
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import flop_registry

from lavincli.train.gradients import without_gradients

# Of the lists in PyTorch's autocast_mode.h, what lavin's networks call.
_IN_BFLOAT16 = {
    *(F.linear, F.conv2d, F.conv3d, F.scaled_dot_product_attention),
    *(torch.matmul, Tensor.matmul, Tensor.__matmul__),
}
_IN_FLOAT32 = {F.layer_norm, F.rms_norm, F.group_norm, F.interpolate, torch.exp, Tensor.exp}


class GPUAutocast(TorchFunctionMode):
    """`torch.autocast("cuda", torch.bfloat16)` for tensors that are on no GPU: the same casts, the same copies."""

    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[int, Tensor] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call `func` with its tensors in the type that autocast chooses for it."""
        kwargs = kwargs or {}
        dtype = torch.bfloat16 if func in _IN_BFLOAT16 else torch.float32 if func in _IN_FLOAT32 else None
        if dtype is not None:
            args, kwargs = tree_map(lambda value: self._cast(value, dtype), (args, kwargs))
        return func(*args, **kwargs)

    def _cast(self, value: Any, dtype: torch.dtype) -> Any:
        if not isinstance(value, Tensor) or not value.is_floating_point() or value.dtype == dtype:
            return value
        if not (value.is_leaf and value.requires_grad):
            return value.to(dtype)
        if id(value) not in self._copies:
            self._copies[id(value)] = value.to(dtype)
        return self._copies[id(value)]


class Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up what operations compute, and the storages that they make until they are freed.

    Attributes:
        operations: floating-point operations of matrix products and convolutions, as PyTorch's FlopCounterMode counts
            them. (That one can't be used beside: it holds on to every module's input.)
        held, peak: bytes there are, and the most there were.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = self.held = self.peak = 0
        self._sizes: dict[int, int] = {}
        tensors = [value for module in modules for value in (*module.parameters(), *module.buffers())]
        self._given = {tensor.untyped_storage()._cdata for tensor in tensors}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call `func` and count what it returns."""
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        count = flop_registry.get(func.overloadpacket)
        if count is not None:
            self.operations += count(*args, **kwargs, out_val=out)
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
        self.peak = max(self.peak, self.held)
        return out

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self._sizes and key not in self._given:
            self._sizes[key] = storage.nbytes()
            self.held += storage.nbytes()
            weakref.finalize(storage, self._freed, key)

    def _freed(self, key: int) -> None:
        self.held -= self._sizes.pop(key)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a forward and a backward pass take: operations, and bytes at the peak beside weights and gradients."""

    forward: int
    backward: int
    peak: int


def simulate(step: Callable[[], Tensor], *modules: nn.Module, bfloat16: bool) -> Simulated:
    """Run `step`, which gives a loss, and its backward pass. Gradients of the modules' parameters are dropped."""
    meter = Meter(*modules)
    casts = GPUAutocast() if bfloat16 else nullcontext()
    with without_gradients(*modules), meter, casts:
        loss = step()
        forward = meter.operations
        # Not loss.backward(): that would be the mode's own call, within which what checkpointing repeats isn't cast.
        one = torch.ones_like(loss)
        _engine_run_backward((loss,), (one,), False, False, (), allow_unreachable=True, accumulate_grad=True)
    return Simulated(forward, meter.operations - forward, meter.peak)
