"""From a recipe to a trained network."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from lavincli.pipeline.load import choose_device
from lavincli.train.config import JDiTTrainConfig, OptimizerConfig, STVAETrainConfig
from lavincli.train.engine import Engine, LocalEngine
from lavincli.train.jdit import JDiTObjective
from lavincli.train.loop import EngineMaker, train
from lavincli.train.objective import Objective
from lavincli.train.recipe import write_resolved
from lavincli.train.record import Report
from lavincli.train.stvae import STVAEObjective
from lavincli.train.world import World


def run(config: STVAETrainConfig | JDiTTrainConfig, report: Report | None = None) -> Path:
    """Train what the recipe says, resuming what is in `config.out`; returns the folder of the trained network.

    A process that was started as one of several takes its part. Raises ConfigError where the device is not there, and
    what the data and the checkpoints raise.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    choose_device(config.device)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    return _train(config, World(), _local_engine(config), report)


def _train(
    config: STVAETrainConfig | JDiTTrainConfig, world: World, make_engine: EngineMaker, report: Report | None
) -> Path:
    if world.is_first:
        write_resolved(config, config.out / "recipe.yaml")
    objective: Objective = STVAEObjective(config, world) if config.network == "stvae" else JDiTObjective(config, world)
    return train(config, objective, make_engine, world, report)


def _local_engine(config: STVAETrainConfig | JDiTTrainConfig) -> EngineMaker:
    def make(module: nn.Module, optimizer: OptimizerConfig) -> Engine:
        return LocalEngine(
            module,
            optimizer,
            steps=config.steps,
            ema_decay=config.ema_decay,
            precision=getattr(torch, config.precision),
            accumulation=config.distributed.accumulation,
        )

    return make
