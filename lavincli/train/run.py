"""From a recipe to a trained network."""

from __future__ import annotations

from pathlib import Path

import torch

from lavincli.pipeline.load import choose_device
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.jdit import JDiTObjective
from lavincli.train.loop import Report, train
from lavincli.train.objective import Objective
from lavincli.train.recipe import write_resolved
from lavincli.train.stvae import STVAEObjective


def run(config: STVAETrainConfig | JDiTTrainConfig, report: Report | None = None) -> Path:
    """Train what the recipe says, resuming what is in `config.out`; returns the folder of the trained network.

    Raises ConfigError where the device is not there, and what the data and the checkpoints raise.
    """
    choose_device(config.device)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    config.out.mkdir(parents=True, exist_ok=True)
    write_resolved(config, config.out / "recipe.yaml")
    objective: Objective = STVAEObjective(config) if config.network == "stvae" else JDiTObjective(config)
    return train(config, objective, report)
