"""What a step takes, and what the machine could do in its time."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from lavincli.registry import task
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.plan.needs import JDiTNeeds, Needs, STVAENeeds
from lavincli.train.plan.shapes import clip_lengths
from lavincli.train.watch.rate import matrix_rate


@dataclass(frozen=True, slots=True)
class Effort:
    """The mean step of a recipe; single steps differ, with the number of pairs and the length of clips.

    Attributes:
        tokens: that go through the network (places of latents, for an ST-VAE).
        operations: of all processes together, those that activation checkpointing repeats too.
        rate: operations that all processes could do in a second if they multiplied large matrices only.
    """

    tokens: float
    operations: float
    rate: float


def measure_effort(config: STVAETrainConfig | JDiTTrainConfig, processes: int) -> Effort:
    """Count a recipe's step, and measure this device; takes one to three seconds.

    The processes are taken to have devices like this one's.
    """
    lengths = clip_lengths({name: task(name) for name in config.data.tasks}, config.data)
    needs: Needs = STVAENeeds(config, lengths) if config.network == "stvae" else JDiTNeeds(config, lengths)
    operations = needs.step.operations
    total = operations.forward + operations.backward
    if config.distributed.activation_checkpointing:
        total += operations.blocks
    rate = matrix_rate(config.device, getattr(torch, config.precision), torch.get_num_threads())
    return Effort(needs.step.tokens, total, processes * rate)
