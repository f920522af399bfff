"""What is looked at before step 1, so that a run doesn't end hours later for something that could be known before."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator

import torch

from lavincli.cards.task import Task
from lavincli.errors import ConfigError, LavinError
from lavincli.latents.layout import StoreInfo
from lavincli.model.stvae import STVAE
from lavincli.pipeline.model_directory import CONFIG, load_stvae, read_stvae_config
from lavincli.registry import task
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.latent_pools import latent_pairs, training_info
from lavincli.train.pairs import pair_source
from lavincli.train.plan.needs import JDiTNeeds, STVAENeeds
from lavincli.train.plan.settings import BFLOAT16, FLOAT32

Config = STVAETrainConfig | JDiTTrainConfig
_SHOWN = 5
_GIGA = 10**9


def check_recipe(config: Config) -> None:
    """See that a run can begin and can be saved. For the first process; nothing is written that stays.

    The folder `out` can be written and has room for the checkpoints that are kept; what the recipe begins with is
    there; every task's data can be read, and is of this ST-VAE and of the cards' versions.

    Raises ConfigError that names all that is wrong, the first few in full.
    """
    found = [problem for check in (_disk, _files, _data) for problem in check(config)]
    if found:
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise ConfigError(f"the run can't begin: {'; '.join(found[:_SHOWN])}{more}")


def checkpoint_bytes(config: Config) -> int:
    """What a checkpoint takes on disk: weights, their average, the optimiser's state, and the model made of them."""
    if config.network == "jdit":
        weights = JDiTNeeds(config, {}).weights
        model = 2 * BFLOAT16 * weights.all + weights.frozen // FLOAT32 * BFLOAT16
    else:
        needs = STVAENeeds(config, dict.fromkeys(config.data.tasks, (1, 1)))
        weights = needs.weights
        model = 2 * FLOAT32 * (needs.parameters["encoder"] + needs.parameters["decoder"])
    return FLOAT32 * (weights.all + weights.trained) + weights.optimizer + model


def _disk(config: Config) -> Iterator[str]:
    try:
        config.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=config.out) as file:
            file.write(b"lavin")
    except OSError as error:
        yield f"out: {config.out} can't be written ({error.strerror})"
        return
    # Those that are kept, the best one, and the one that is being written before an old one goes.
    count = config.keep_checkpoints + config.keep_best + 1
    needed = count * checkpoint_bytes(config)
    there = sum(path.stat().st_size for path in (config.out / "checkpoints").rglob("*") if path.is_file())
    free = shutil.disk_usage(config.out).free + there
    if free < needed:
        yield (
            f"out: {config.out} has room for {free / _GIGA:.2f} GB, but {count} checkpoints take "
            f"{needed / _GIGA:.2f} GB: make room, or lower keep_checkpoints"
        )


def _files(config: Config) -> Iterator[str]:
    if config.start_from is not None and not (config.start_from / CONFIG).is_file():
        yield f"start_from: {config.start_from} holds no trained network (no {CONFIG}): train it first"
    if config.network == "stvae":
        perceptual = config.loss.perceptual
        if perceptual is not None and not perceptual.trunk.is_file():
            yield f"loss.perceptual.trunk: {perceptual.trunk}: no such file; name a VGG16 trunk, or set it to null"


def _data(config: Config) -> Iterator[str]:
    stvae: STVAE | None = None
    info: StoreInfo | None = None
    if config.network == "jdit":
        try:
            if config.data.latents is None:
                # It is loaded next in any case, and no latents have to be compared with it.
                read_stvae_config(config.stvae)
            else:
                stvae = load_stvae(config.stvae)
                info = training_info(stvae)
        except LavinError as error:
            yield f"stvae: {error}"
            return
    for name in config.data.tasks:
        try:
            found = task(name)
        except LavinError as error:
            yield f"data.tasks: {error}"
            continue
        try:
            if config.network == "jdit" and stvae is not None and info is not None:
                for size in config.data.sizes:
                    _read_latents(config, size, found, stvae, info)
            else:
                pair_source(found, config.data)[1].frames()  # of the first pair that can be made
        except LavinError as error:
            yield error.message


def _read_latents(config: JDiTTrainConfig, size: int, found: Task, stvae: STVAE, info: StoreInfo) -> None:
    """The first and the last pair of those to train on, and of those held out."""
    needed = {False: config.sequence.pairs + config.sequence.queries, True: 1}
    for held_out, least in needed.items():
        data = config.data.at(size)
        pool = latent_pairs(found, data, stvae, precision=torch.float32, held_out=held_out, info=info)
        if len(pool) < least:
            raise ConfigError(
                f"data.latents: {config.data.latents} has {len(pool)} pairs of {found.name} to train on, but "
                f"sequence.pairs + sequence.queries are {least}: encode more"
            )
        for number in (0, len(pool) - 1):
            pool.inputs([number])
            pool.targets([number])
