"""Random numbers of a step: functions of the seed, the step and the element, whoever draws them and on what device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lavincli.cards.framing import generator
from lavincli.flow.loss import sample_times
from lavincli.train.time_config import ShortcutConfig, TimeConfig


def element_noise(shape: Sequence[int], elements: range, *, seed: int, step: int) -> Tensor:
    """Unit Gaussian noise [len(elements), *shape], float32 on the CPU: every element of a batch has its own."""
    drawn = [generator("noise", seed, step, i).standard_normal(tuple(shape), dtype=np.float32) for i in elements]
    return torch.from_numpy(np.stack(drawn))


def flow_times(shares: TimeConfig, count: int, elements: range, *, seed: int, step: int) -> Tensor:
    """Flow times of some of the `count` elements of a batch, [len(elements)]."""
    random = torch.Generator().manual_seed(int(generator("times", seed, step).integers(2**63)))
    times = sample_times(count, logit_normal=shares.logit_normal, uniform=shares.uniform, generator=random)
    return times[elements.start : elements.stop]


def takes_shortcuts(config: ShortcutConfig, *, seed: int, step: int) -> bool:
    """Whether a step's batch learns to be consistent with itself: one of every so many does, whichever it is."""
    group, place = divmod(step, config.every)
    return bool(generator("shortcuts", seed, group).integers(config.every) == place)


def shortcut_steps(
    config: ShortcutConfig, count: int, elements: range, *, seed: int, step: int
) -> tuple[Tensor, Tensor]:
    """Flow times and step sizes of some of the `count` elements of a batch, [len(elements)] each.

    Sizes are 1, 1/2, 1/4, ..., all of them alike often; times are multiples of the size, from 0 to 1 less a step.
    """
    random = torch.Generator().manual_seed(int(generator("shortcut steps", seed, step).integers(2**63)))
    sizes = 0.5 ** torch.randint(config.sizes, (count,), generator=random)
    times = (torch.rand(count, generator=random) / sizes).floor() * sizes
    return times[elements.start : elements.stop], sizes[elements.start : elements.stop]
