"""How many operations a second a device reaches at its best: the measure that training is compared with."""

from __future__ import annotations

import time
from functools import cache

import torch

_SECONDS = 0.5
_SIZES = {"cpu": 768, "cuda": 8192}


@cache
def matrix_rate(device: str, precision: torch.dtype, threads: int) -> float:
    """Operations a second of a product of two large square matrices; takes half a second, once a process.

    Args:
        device: where.
        precision: of the matrices.
        threads: of the processor, which the rate depends on; those that PyTorch has been given.

    A multiplication and an addition are two operations. The fastest of several products counts: what others do on the
    machine meanwhile makes some of them slow, and none fast.
    """
    assert threads == torch.get_num_threads()
    kind = torch.device(device).type
    size = _SIZES.get(kind, 2048)
    # Random numbers: a GPU multiplies constants faster than anything that training has.
    random = torch.Generator(device).manual_seed(0)
    one, other = (torch.randn(size, size, device=device, generator=random).to(precision) for _ in range(2))
    best, ends = float("inf"), time.perf_counter() + _SECONDS
    while time.perf_counter() < ends:
        begun = time.perf_counter()
        product = one @ other
        if kind == "cuda":
            torch.cuda.synchronize(device)
        else:
            product[0, 0].item()
        best = min(best, time.perf_counter() - begun)
    return 2.0 * size**3 / best
