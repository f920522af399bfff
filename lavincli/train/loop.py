"""The training loop: one for every network, every engine and any number of processes."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGTERM

import torch

from lavincli.tensor_file import Renamed, StoredTensors
from lavincli.train import checkpoint
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.engine import Engine, EngineMaker
from lavincli.train.objective import Objective
from lavincli.train.record import Record
from lavincli.train.watch.guard import Guard
from lavincli.train.watch.stop import StoppedError, stop_signals
from lavincli.train.watch.watcher import Watcher
from lavincli.train.world import World

log = logging.getLogger(__name__)
Config = STVAETrainConfig | JDiTTrainConfig


def train(
    config: Config,
    objective: Objective,
    make_engine: EngineMaker,
    world: World,
    watchers: Sequence[Watcher] = (),
    *,
    measured: bool = False,
) -> Path:
    """Run `objective` to `config.steps`; returns the export. Resumes from the newest intact checkpoint in `config.out`.

    Everything random is a function of the seed and the step, so a resumed run goes on as the interrupted one would
    have, on as many processes as one likes.

    Raises StoppedError, with a checkpoint, when a process is asked to stop by SIGINT, SIGTERM or SIGUSR1.
    """
    guard = Guard(config, world)
    make_guarded = guard.around(make_engine)
    engines = {name: make_guarded(module, optimizer) for name, (module, optimizer) in objective.networks.items()}
    product = engines[next(iter(engines))]
    saver = _Saver(config, objective, engines, world)
    done = saver.resume()
    record = Record(config, done, world, watchers, measured=measured)
    with record, stop_signals() as asked:
        for step in range(done, config.steps):
            torch.manual_seed(hash((config.seed, step)) % 2**63)
            world.beat("reading of the batch", step)
            record.begin()
            record.add(step + 1, objective.train_step(engines, step), skipped=guard.skipped)
            last, score = step + 1 == config.steps, None
            if last or (step + 1) % config.validate_every == 0:
                world.beat("validation")
                figures = objective.validate(product)
                score = figures[objective.headline]
                record.validated(step + 1, figures)
            if config.sample_every is not None and (last or (step + 1) % config.sample_every == 0):
                world.beat("samples")
                record.sampled(step + 1, objective.samples(product))
            # One process's clock or signal is enough, and all know of it after this.
            due, stop = (share > 0 for share in world.mean([saver.is_due(), asked.is_there()]))
            # Not after a step that wasn't taken: checkpoints of before the trouble would make room for it.
            saved = saver.save(step + 1, score, last=last, due=stop or (due and not guard.skipped))
            if saved is not None:
                record.saved(step + 1, saved)
            if stop and not last:
                assert saved is not None
                raise StoppedError(step + 1, saved, asked.number or SIGTERM)
    world.beat("export")
    if world.is_first:
        saver.export_final(record.summary())
    return objective.export_folder(config.out)


class _Saver:
    """When checkpoints are made, and what the product is like in them."""

    def __init__(self, config: Config, objective: Objective, engines: Mapping[str, Engine], world: World) -> None:
        self._config, self._objective, self._engines, self._world = config, objective, engines, world
        self._folder = config.out / "checkpoints"
        self._name = next(iter(engines))
        self._newest: Path | None = None
        self._about = checkpoint.About(0)
        self._best: float | None = None
        self._saved = time.monotonic()

    def resume(self) -> int:
        """Restore the newest checkpoint, if there is one; returns the number of steps done."""
        world = self._world
        if world.is_first:
            self._folder.mkdir(parents=True, exist_ok=True)
        with world.first_alone():
            found = checkpoint.newest(self._folder) if world.is_first else None
        self._newest = world.share(found)
        self._best = world.share(checkpoint.best_score(self._folder) if world.is_first else None)
        if self._newest is not None:
            self._about = checkpoint.load(self._newest, self._engines)
        return self._about.step

    def is_due(self) -> bool:
        """Whether so many seconds have passed since the last checkpoint, on this process."""
        return time.monotonic() - self._saved > self._config.checkpoint_seconds

    def save(self, step: int, score: float | None, *, last: bool, due: bool) -> Path | None:
        """Save when it is due, when the validation was never as good, and at the end; returns the checkpoint."""
        config, world = self._config, self._world
        # One that isn't finite says nothing, and would never be surpassed.
        score = score if score is not None and math.isfinite(score) else None
        best = config.keep_best and score is not None and (self._best is None or score > self._best)
        if not (last or best or due):
            return None
        world.beat("checkpoint")
        measured = self._objective.measure(self._engines[self._name], thoroughly=last)
        self._about = checkpoint.About(step, score, measured)
        keep = checkpoint.Keep(config.keep_checkpoints, config.keep_best)
        self._newest = checkpoint.save(self._folder, self._about, self._engines, world, keep, self._export)
        self._best = score if best else self._best
        self._saved = time.monotonic()
        return self._newest

    def export_final(self, summary: Mapping[str, float]) -> None:
        """Write the export of a finished run, from its last checkpoint."""
        assert self._newest is not None
        averaged, _ = self._weights(StoredTensors(self._newest / f"{self._name}.safetensors"))
        folder = self._objective.export_folder(self._config.out)
        self._objective.export(averaged, None, self._about.measured, folder, summary)

    def _export(self, folder: Path, stored: Mapping[str, StoredTensors]) -> None:
        averaged, raw = self._weights(stored[self._name])
        score = {} if self._about.score is None else {self._objective.headline: self._about.score}
        self._objective.export(averaged, raw, self._about.measured, folder, {"step": self._about.step, **score})

    @staticmethod
    def _weights(stored: StoredTensors) -> tuple[Renamed, Renamed]:
        raw = stored.under("module.")
        return Renamed(stored, raw | stored.under("average.")), Renamed(stored, raw)
