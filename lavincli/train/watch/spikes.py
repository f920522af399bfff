"""When a loss or a gradient is out of all proportion to those of the steps before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

from lavincli.train.engine import LARGEST
from lavincli.train.watch.settings import GuardConfig

# Of the median: what deviations are taken to be at least, so that a loss that hardly moves isn't watched too closely.
_LEAST_DEVIATION = 0.01
_NO_STEP = -1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest loss and the largest norm of a gradient that a step may have."""

    loss: float = LARGEST
    gradient: float = LARGEST


class Spikes:
    """What the last steps were like: their losses, the norms of their gradients, and which of them were taken.

    The limits are robust: medians, and for the loss the median absolute deviation, of the steps that were taken. There
    are none before half of the history is there. All of it is a function of the steps alone, so that processes that saw
    the same steps agree, and one that goes on from a checkpoint too.
    """

    def __init__(self, config: GuardConfig) -> None:
        self._config = config
        self._rows: deque[tuple[float, float, float]] = deque(maxlen=config.history)

    def limits(self) -> Limits:
        """For the next step."""
        taken = [(loss, gradient) for loss, gradient, was_taken in self._rows if was_taken]
        if len(taken) < self._config.history // 2:
            return Limits()
        losses, gradients = (torch.tensor(column, dtype=torch.float64) for column in zip(*taken, strict=True))
        limit, factor = LARGEST, self._config.gradient_factor
        if self._config.loss_deviations is not None:
            median = float(losses.median())
            deviation = max(float((losses - median).abs().median()), _LEAST_DEVIATION * abs(median))
            limit = median + self._config.loss_deviations * deviation
        return Limits(limit, LARGEST if factor is None else factor * float(gradients.median()))

    def add(self, loss: float, gradient: float, *, taken: bool) -> None:
        """A step is over."""
        self._rows.append((loss, gradient, float(taken)))

    def skipped(self) -> int:
        """How many of the steps of the history were not taken."""
        return sum(not taken for _, _, taken in self._rows)

    def since_first_skipped(self) -> int:
        """How many steps ago the first of them was; 1 is the last step."""
        first = next(number for number, row in enumerate(self._rows) if not row[2])
        return len(self._rows) - first

    def forget(self) -> None:
        """From the next step on the loss is another one."""
        self._rows.clear()

    @property
    def state(self) -> Tensor:
        """float64 [history, 3]: loss, gradient norm, and 1 if it was taken, 0 if not, -1 before the first step."""
        state = torch.tensor([0.0, 0.0, _NO_STEP], dtype=torch.float64).repeat(self._config.history, 1)
        if self._rows:
            state[-len(self._rows) :] = torch.tensor(list(self._rows), dtype=torch.float64)
        return state

    def load(self, state: Tensor) -> None:
        """Go on from a state; from one of another length with as much of it as there is place for."""
        self._rows.clear()
        for loss, gradient, taken in state.tolist():
            if taken != _NO_STEP:
                self._rows.append((loss, gradient, taken))
