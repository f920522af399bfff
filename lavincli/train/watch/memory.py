"""Memory that this process has in use."""

from __future__ import annotations

import resource
import sys

import torch

_GIGA = 10**9
# getrusage counts in KiB, but on macOS in bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


def peak_memory(device: torch.device) -> float:
    """GB at the peak until now: of the GPU's memory by tensors, or of the main memory by the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / _GIGA
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / _GIGA
