"""A model without its weights: enough to know what would be asked of it, and to count its operations."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from lavincli.flow.time_grid import time_grid
from lavincli.model.jdit import JDiT
from lavincli.model.stvae import STVAE
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.load import choose_device, choose_dtype, find_model
from lavincli.pipeline.model_directory import fingerprint, read_config
from lavincli.pipeline.pipeline import Pipeline

_SHORT_GRIDS: Final = ("uniform:2", "uniform:3")
"""Of one step and of two."""


class Weightless(Pipeline):
    """A pipeline on PyTorch's meta device: it goes through all operations, and computes nothing."""

    def decode(self, latents: Tensor) -> NDArray[np.uint8]:
        """Black clips of the right shape."""
        pixels = self.stvae.decode(self.stvae.denormalise(latents).to(self.dtype))
        batch, channels, *shape = pixels.shape
        return np.zeros((batch, *shape, channels), np.uint8)


def weightless(name: str, device: str | None, dtype: str | None) -> Weightless:
    """What `lavincli.load` would load, with the same fingerprint; the weights are hashed, not loaded.

    Raises what `lavincli.load` raises.
    """
    folder = find_model(name)
    precision = choose_dtype(dtype, choose_device(device))
    config = read_config(folder)
    with torch.device("meta"):
        jdit, stvae = JDiT(config.jdit).to(precision).eval(), STVAE(config.stvae).to(precision).eval()
    return Weightless(jdit, stvae, config, fingerprint=fingerprint(folder))


def operations_of_a_query(answerer: Answerer) -> float:
    """Additions and multiplications of one query, without those that its context takes once.

    Counted with one step and with two, of which the others are told: going through all operations takes its time.
    """
    one, two = (_counted(answerer, grid) for grid in _SHORT_GRIDS)
    return one + (len(time_grid(answerer.sampling.grid)) - 2) * (two - one)


def _counted(answerer: Answerer, grid: str) -> int:
    sampling = answerer.sampling.model_copy(update={"grid": grid})
    short = Answerer(answerer.pipeline, answerer.choice, task=answerer.task, sampling=sampling)
    side = short.pipeline.config.resolution
    with FlopCounterMode(display=False) as counter:
        short.compute([np.zeros((short.query_length, side, side, 3), np.uint8)], [0])
    return int(counter.get_total_flops())
