"""How fast a run goes, every few steps."""

from __future__ import annotations

import time

import torch

from lavincli.train.objective import Figures
from lavincli.train.watch.effort import Effort
from lavincli.train.watch.memory import peak_memory
from lavincli.train.watch.watcher import SPEED


class Speed:
    """Adds up the seconds of steps; those of validations, samples and checkpoints are no part of them.

    Attributes:
        effort: what the mean step takes; without it there are no tokens a second, and no utilisation.
    """

    def __init__(self, device: torch.device, effort: Effort | None = None) -> None:
        self.effort = effort
        self._device, self._begun = device, time.perf_counter()
        self._steps, self._samples, self._seconds, self._waited = 0, 0.0, 0.0, 0.0

    def begin(self) -> None:
        """A step begins."""
        self._begun = time.perf_counter()

    def end(self, samples: float, waited: float) -> None:
        """It ended; its batch had so many samples, and so many seconds passed before they were there."""
        self._steps += 1
        self._samples += samples
        self._seconds += time.perf_counter() - self._begun
        self._waited += waited

    def figures(self) -> Figures:
        """Of the steps since the last call, of which there must be one: means of a step, and what a second brings.

        samples: contexts, or pictures. utilisation: of the rate that the machine was measured to have.
        """
        step, waited = self._seconds / self._steps, self._waited / self._steps
        found = {"step_seconds": step, "waiting_seconds": waited, "samples": self._samples / self._seconds}
        if self.effort is not None:
            found["tokens"] = self.effort.tokens / step
            found["utilisation"] = self.effort.operations / step / self.effort.rate
        found["memory_gb"] = peak_memory(self._device)
        self._steps, self._samples, self._seconds, self._waited = 0, 0.0, 0.0, 0.0
        return {SPEED + name: value for name, value in found.items()}
