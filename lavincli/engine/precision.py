"""Which number format a device computes fastest in."""

from __future__ import annotations

import functools
import statistics
import time
from typing import Final

import torch

_ROWS, _INNER, _OUTER, _ROUNDS = 256, 576, 1536, 5
# bfloat16 costs accuracy: it has to be worth it, on a busy machine too.
_WORTH: Final = 1.5


@functools.cache
def fastest_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device has it and is really faster with it, else float32.

    On a GPU the device's own word counts. On a CPU (AMX, AVX512-BF16) a product of a small model's size is timed in
    both formats, in turns, once a process.
    """
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float32
    if device.type != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return torch.float32
    ratios = []
    for _ in range(_ROUNDS + 1):
        wide, narrow = (_seconds(dtype) for dtype in (torch.float32, torch.bfloat16))
        ratios.append(wide / narrow)
    # The first round warms up.
    return torch.bfloat16 if statistics.median(ratios[1:]) > _WORTH else torch.float32


@torch.inference_mode()
def _seconds(dtype: torch.dtype) -> float:
    left, right = torch.ones(_ROWS, _INNER, dtype=dtype), torch.ones(_OUTER, _INNER, dtype=dtype)
    started = time.perf_counter()
    torch.nn.functional.linear(left, right)
    return time.perf_counter() - started
