"""A worker of tests: as `tests.train.distributed.many_runs`, with steps that have something wrong."""

from __future__ import annotations

import math
import sys
from typing import Any

import torch.distributed as dist
from torch import Tensor

from lavincli.train.jdit import JDiTObjective
from tests.train.distributed.many_runs import main

INFINITE, LARGE = 4, 7
"""Steps, from 0 on: one whose loss is infinite on the last process, and one whose loss is a million times itself."""


def poison() -> None:
    """Spoil the losses of these steps from now on."""
    loss = JDiTObjective._loss

    def spoilt(self: Any, step: int, *rest: Any) -> Tensor:
        is_last = not dist.is_initialized() or dist.get_rank() == dist.get_world_size() - 1
        factor = {INFINITE: math.inf if is_last else 1.0, LARGE: 1e6}.get(step, 1.0)
        return factor * loss(self, step, *rest)

    setattr(JDiTObjective, loss.__name__, spoilt)


if __name__ == "__main__":
    poison()
    main(sys.argv[1:])
