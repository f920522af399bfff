"""What a machine really gives: floating-point operations a second of one large matrix product."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

_SIZES: Final = {"cpu": 2048, "cuda": 8192}
_ROUNDS: Final = 6
# A GPU is given several at once, so that starting one is hidden behind the one before.
_AT_ONCE: Final = {"cpu": 1, "cuda": 20}


@torch.inference_mode()
def matrix_rate(device: torch.device, dtype: torch.dtype, *, size: int | None = None) -> float:
    """Of the fastest of some products of two square matrices, with the threads that PyTorch has now.

    What is computed can be set against it: as a share of it, it no longer depends on the machine.
    """
    side = _SIZES.get(device.type, 2048) if size is None else size
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(side, side, generator=generator).to(device, dtype) for _ in range(2))
    return 2 * side**3 / min(_seconds(product, left, right) for product in _products(device) for _ in range(_ROUNDS))


def _products(device: torch.device) -> list[Callable[[Tensor, Tensor], Tensor]]:
    """PyTorch's choice; on a CPU oneDNN's too, which is faster on some (`lavincli.engine.products`)."""
    found: list[Callable[[Tensor, Tensor], Tensor]] = [torch.nn.functional.linear]
    if device.type == "cpu" and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        found.append(lambda x, weight: torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], ""))
    return found


def _seconds(product: Callable[[Tensor, Tensor], Tensor], left: Tensor, right: Tensor) -> float:
    wait(left.device)
    started = time.perf_counter()
    times = _AT_ONCE.get(left.device.type, 1)
    for _ in range(times):
        product(left, right)
    wait(left.device)
    return (time.perf_counter() - started) / times


def wait(device: torch.device) -> None:
    """Until a GPU has done what it was given; a CPU has by then."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
