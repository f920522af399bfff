"""Peak memory of a stretch of work."""

from __future__ import annotations

from pathlib import Path

import torch

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """From its making on: of a CUDA device what its allocator gave out, else what the whole process held (Linux)."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        elif _RESET.exists():
            _RESET.write_text("5")

    def bytes(self) -> int | None:
        """The peak until now; None where this system doesn't say."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device)
        if not _STATUS.exists():
            return None
        held = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(held.split()[1]) * 1024
