"""From a recipe to a trained network."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from lavincli.errors import ConfigError
from lavincli.pipeline.load import choose_device
from lavincli.train.config import JDiTTrainConfig, OptimizerConfig, STVAETrainConfig
from lavincli.train.distributed.place import ALONE, Place, find_place
from lavincli.train.engine import Engine, EngineMaker, LocalEngine
from lavincli.train.jdit import JDiTObjective
from lavincli.train.loop import train
from lavincli.train.objective import Objective
from lavincli.train.preflight import check_recipe
from lavincli.train.recipe import RESOLVED, changed_settings, write_resolved
from lavincli.train.rehearsal import rehearse
from lavincli.train.run_lock import only_run
from lavincli.train.stvae import STVAEObjective
from lavincli.train.watch.watcher import Watcher
from lavincli.train.world import World

log = logging.getLogger(__name__)
Config = STVAETrainConfig | JDiTTrainConfig


def run(config: Config, watchers: Sequence[Watcher] = (), *, measured: bool = False) -> Path:
    """Train what the recipe says, resuming what is in `config.out`; returns the folder of the trained network.

    A process that a launcher started as one of several takes its part.

    Args:
        config: the recipe.
        watchers: who sees the run, beside its `log.jsonl`.
        measured: whether to measure the machine for a second or two first, so that the utilisation is known.

    Raises ConfigError where the device is not there, another run has the folder or `check_recipe` finds what is wrong,
    StoppedError where the run was asked to stop, and what the data and checkpoints raise.
    """
    place = find_place() or ALONE
    here = _on_this_process(config, place)
    choose_device(here.device)
    if here.threads is not None:
        torch.set_num_threads(here.threads)
    config.out.mkdir(parents=True, exist_ok=True)
    if place.size == 1 and config.distributed.zero_stage is None:
        return _train(config, here, World(), _local_engine(here), watchers, measured=measured)
    # deepspeed takes seconds to import, and isn't there on every system.
    try:
        from lavincli.train.distributed.worker import engine_maker, joined
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"training on several processes needs DeepSpeed, which is not installed ({error}); see README"
        ) from error

    with joined(place, here) as world:
        return _train(config, here, world, engine_maker(here, world), watchers, measured=measured)


def _train(
    config: Config,
    here: Config,
    world: World,
    make_engine: EngineMaker,
    watchers: Sequence[Watcher] = (),
    *,
    measured: bool = False,
) -> Path:
    with only_run(config.out, world):
        with world.first_alone():
            if world.is_first:
                check_recipe(here)
                _tell_changes(config)
                write_resolved(config, config.out / RESOLVED)
        objective: Objective = STVAEObjective(here, world) if here.network == "stvae" else JDiTObjective(here, world)
        rehearse(objective, here)
        return train(here, objective, make_engine, world, watchers, measured=measured)


def _tell_changes(config: Config) -> None:
    """Of a run that goes on: it may, but nobody should do so unawares."""
    before = config.out / RESOLVED
    if before.exists() and any((config.out / "checkpoints").glob("step-*")):
        changes = changed_settings(config, before)
        if changes:
            log.warning("%s: going on with other settings than before: %s", config.out, "; ".join(changes))


def _on_this_process(config: Config, place: Place) -> Config:
    """The recipe with this process's GPU, and its share of the machine's threads."""
    changes: dict[str, object] = {}
    if config.device == "cuda" and place.size > 1:
        changes["device"] = f"cuda:{place.local_rank}"
    if config.threads is not None:
        changes["threads"] = max(1, config.threads // place.local_size)
    return config.model_copy(update=changes)


def _local_engine(config: Config) -> EngineMaker:
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
