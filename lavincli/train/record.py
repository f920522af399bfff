"""What is seen of a run: figures are averaged here, and told to everybody who watches."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import torch

from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.objective import Figures, StepFigures
from lavincli.train.optimizer import learning_rate_factor
from lavincli.train.watch.effort import measure_effort
from lavincli.train.watch.json_lines import LOG, JsonLines
from lavincli.train.watch.means import Means
from lavincli.train.watch.samples import SampleSheet, write_samples
from lavincli.train.watch.speed import Speed
from lavincli.train.watch.watcher import Facts, Watcher
from lavincli.train.world import World

log = logging.getLogger(__name__)
SAMPLES, WAITED = "samples", "waited"
"""Of the figures of a step: the contexts or pictures of its whole batch, and the seconds until its share was there."""


class Record:
    """Every few steps their figures are averaged, over the processes too, and told to those who watch.

    The first process alone has watchers: `log.jsonl`, and whoever else was given. Its methods are called by all.

    Args:
        config: the recipe.
        done: steps done before.
        world: the processes.
        watchers: who sees the run, beside `log.jsonl`.
        measured: whether to count the operations of a step and measure the machine's rate, for the utilisation.
    """

    def __init__(
        self,
        config: STVAETrainConfig | JDiTTrainConfig,
        done: int,
        world: World,
        watchers: Sequence[Watcher] = (),
        *,
        measured: bool = False,
    ) -> None:
        self._config, self._world, self._means = config, world, Means()
        self._lines = JsonLines(config.out / LOG)
        self._watchers: list[Watcher] = [self._lines, *watchers] if world.is_first else []
        effort = measure_effort(config, world.size) if measured and world.is_first else None
        self._skipped = 0
        self._speed = Speed(torch.device(config.device), effort)
        self._facts = Facts(config.out.name, config.out, done, config.steps, world.waiting_for)

    def __enter__(self) -> Self:
        """The run begins."""
        for watcher in self._watchers:
            watcher.on_start(self._facts)
        return self

    def __exit__(self, *_: object) -> None:
        """It is over, however it ended."""
        for watcher in self._watchers:
            watcher.on_end()

    def begin(self) -> None:
        """A step begins."""
        self._speed.begin()

    def add(self, step: int, figures: StepFigures, *, skipped: bool = False) -> None:
        """Take in what a step of this process found; every few steps the means are told.

        What was found in a step that the guard didn't take is no part of them: it is counted.
        """
        figures = dict(figures)
        samples, waited = figures.pop(SAMPLES), figures.pop(WAITED)
        assert isinstance(samples, float)
        assert isinstance(waited, float)
        self._speed.end(samples, waited)
        if skipped:
            self._skipped += 1
        else:
            self._means.add(figures)
        for watcher in self._watchers:
            watcher.on_step(step)
        if step % self._config.log_every == 0:
            optimizer = self._config.optimizer
            rate = optimizer.learning_rate * learning_rate_factor(step - 1, self._config.steps, optimizer)
            means = self._means.take(self._world) | {"learning_rate": rate} | self._speed.figures()
            if self._skipped:
                means["skipped"] = self._skipped
                self._skipped = 0
            for watcher in self._watchers:
                watcher.on_figures(step, means)

    def validated(self, step: int, figures: Figures) -> None:
        """Tell what a validation found."""
        for watcher in self._watchers:
            watcher.on_validation(step, figures)

    def sampled(self, step: int, samples: SampleSheet) -> None:
        """Write a sheet of samples, and tell of it. One that can't be written is no reason to end a run."""
        if not self._watchers:
            return
        try:
            path, sheet = write_samples(self._config.out, step, f"{self._config.out.name}, step {step:,}", samples)
        except OSError as error:
            log.warning("the samples of step %d can't be written (%s)", step, error)
            return
        for watcher in self._watchers:
            watcher.on_samples(step, sheet, path)

    def saved(self, step: int, path: Path) -> None:
        """Tell of a checkpoint."""
        for watcher in self._watchers:
            watcher.on_checkpoint(step, path)

    def summary(self) -> Mapping[str, float]:
        """The last value of every figure."""
        return self._lines.summary()
