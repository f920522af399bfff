"""The training loop: one for every network and every engine."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError
from lavincli.train import checkpoint
from lavincli.train.config import OptimizerConfig, _TrainConfig
from lavincli.train.engine import Engine, LocalEngine
from lavincli.train.objective import Figures, Objective

log = logging.getLogger(__name__)
Report = Callable[[int, Figures], None]


def train(config: _TrainConfig, objective: Objective, report: Report | None = None) -> Path:
    """Run `objective` to `config.steps`; returns the export. Resumes from the newest intact checkpoint in `config.out`.

    Everything random is a function of the seed and the step, so a resumed run goes on as the interrupted one would
    have.
    """
    engines: dict[str, Engine] = {
        name: _engine(module, optimizer, config) for name, (module, optimizer) in objective.networks.items()
    }
    folder = config.out / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    found = checkpoint.newest(folder)
    done = checkpoint.load(found, engines) if found else 0
    record = _Record(config.out / "log.jsonl", done, config.log_every, report)
    product = engines[next(iter(engines))]
    saved = time.monotonic()
    for step in range(done, config.steps):
        torch.manual_seed(hash((config.seed, step)) % 2**63)
        record.add(step + 1, objective.train_step(engines, step))
        last = step + 1 == config.steps
        if last or (step + 1) % config.validate_every == 0:
            record.write(step + 1, objective.validate(product.averaged()))
        if last or time.monotonic() - saved > config.checkpoint_seconds:
            checkpoint.save(folder, step + 1, engines)
            saved = time.monotonic()
    return objective.export(product.averaged(), config.out, record.summary())


def _engine(module: nn.Module, optimizer: OptimizerConfig, config: _TrainConfig) -> Engine:
    return LocalEngine(module, optimizer, steps=config.steps, ema_decay=config.ema_decay)


class _Record:
    """`log.jsonl`: a line of averaged figures every few steps. Lines past the checkpoint resumed from are dropped."""

    def __init__(self, path: Path, done: int, every: int, report: Report | None) -> None:
        self._path, self._every, self._report = path, every, report
        self._lines = [line for line in _read_lines(path) if line["step"] <= done]
        atomic_write_text(path, "".join(json.dumps(line) + "\n" for line in self._lines))
        self._seconds = max((line["seconds"] for line in self._lines), default=0.0)
        self._started = time.monotonic()
        self._sums: dict[str, list[float]] = {}

    def add(self, step: int, figures: Figures) -> None:
        for key, value in figures.items():
            self._sums.setdefault(key, []).append(value)
        if step % self._every == 0:
            self.write(step, {key: sum(values) / len(values) for key, values in self._sums.items()})
            self._sums.clear()

    def write(self, step: int, figures: Figures) -> None:
        seconds = round(self._seconds + time.monotonic() - self._started, 1)
        line = {"step": step, "seconds": seconds, **{k: float(f"{v:.6g}") for k, v in figures.items()}}
        self._lines.append(line)
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if self._report:
            self._report(step, figures)

    def summary(self) -> Mapping[str, float]:
        """The last value of every figure."""
        return {key: value for line in self._lines for key, value in line.items()}


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """What was logged; a last line that a full disk or a power cut left unfinished is dropped."""
    texts = path.read_text().splitlines() if path.exists() else []
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(texts, start=1):
        try:
            lines.append(json.loads(text))
        except ValueError as error:
            if number < len(texts):
                raise ConfigError(f"{path}: line {number} is not JSON; mend or delete the file") from error
            log.warning("%s: dropping line %d, which was not finished", path, number)
    return lines
