"""The first steps of a recipe, run or logged by a run: to record its curve, or to compare with it."""

from __future__ import annotations

import math
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from lavincli import __version__
from lavincli.errors import ConfigError
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.objective import Figures
from lavincli.train.run import run
from lavincli.train.watch.curve import Curve, digest, recorded_curve
from lavincli.train.watch.logged_run import logged_windows, run_of
from lavincli.train.watch.watcher import Watcher

Config = STVAETrainConfig | JDiTTrainConfig


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside a recorded curve.

    Attributes:
        curve: what was recorded.
        losses: the run's, window by window.
        seed: the run's; None if it isn't known.
    """

    curve: Curve
    losses: list[float]
    seed: int | None = None

    @property
    def differences(self) -> list[float]:
        """From the mean, as shares of it."""
        return self.curve.differences(self.losses)

    @property
    def level(self) -> float:
        """The mean of the differences."""
        return sum(self.differences) / len(self.differences)

    @property
    def own(self) -> list[float] | None:
        """From what the run's own seed was recorded with; None where it wasn't."""
        return self.curve.own(self.losses, self.seed)

    @property
    def holds(self) -> bool:
        """Whether every window, and all together, are as near to what was recorded as the curve's noise allows."""
        return self.curve.holds(self.losses, self.seed)


class _EnoughError(Exception):
    """All windows are there."""


class _Windows(Watcher):
    """Collects a figure, and ends the run when it has as many as it wants."""

    def __init__(self, figure: str, count: int) -> None:
        self.found: list[float] = []
        self._figure, self._count = figure, count

    def on_figures(self, step: int, figures: Figures) -> None:  # noqa: ARG002 - windows come one after the other
        # There is no loss where the guard took none of a window's steps.
        self.found.append(figures.get(self._figure, math.nan))
        if len(self.found) == self._count:
            raise _EnoughError


def check_curve(recipe: str, config: Config) -> Comparison:
    """Train the first steps of a shipped recipe in a folder of their own, and compare with its recorded curve.

    Args:
        recipe: its name.
        config: as it was read, with the places of its data.

    Raises ConfigError where there is no curve, or the recipe isn't the one that the curve was recorded for.
    """
    curve = recorded_curve(recipe)
    if digest(config) != curve.digest:
        raise _other_settings(recipe)
    return Comparison(curve, first_windows(config, curve.figure, curve.window, len(curve.losses[0])), config.seed)


def check_run(recipe: str, config: Config, folder: Path) -> Comparison:
    """Compare a run that was trained, by however many processes, with the recorded curve of its recipe.

    Raises ConfigError where there is no curve, or the folder's run can't be compared with it.
    """
    curve = recorded_curve(recipe)
    seed = run_of(config, folder).seed
    if digest(config) != curve.digest:
        raise _other_settings(recipe)
    return Comparison(curve, logged_windows(folder, curve.figure, curve.window, len(curve.losses[0])), seed)


def record_curve(recipe: str, config: Config, seeds: Sequence[int], window: int, count: int) -> Curve:
    """Train the first `window * count` steps of a recipe once with each seed.

    Raises ConfigError for fewer than two seeds, which tell nothing of the noise, for more steps than there are, or for
    a recipe whose loss isn't finite.
    """
    _require_noise(seeds)
    if window * count > config.steps:
        raise ConfigError(f"recipe {recipe} has {config.steps} steps, fewer than {window * count}")
    figure = _figure(config)
    runs = {seed: first_windows(config.model_copy(update={"seed": seed}), figure, window, count) for seed in seeds}
    return _curve(recipe, config, runs, window)


def record_runs(recipe: str, config: Config, folders: Sequence[Path], window: int, count: int) -> Curve:
    """The curve of runs of a recipe that were trained, each with its own seed, by however many processes.

    Raises ConfigError for fewer than two seeds, two runs of one, and folders of other recipes' or too short runs.
    """
    seeds = [run_of(config, folder).seed for folder in folders]
    _require_noise(seeds)
    losses = [logged_windows(folder, _figure(config), window, count) for folder in folders]
    runs = dict(zip(seeds, losses, strict=True))
    return _curve(recipe, config, runs, window)


def _require_noise(seeds: Sequence[int]) -> None:
    if len(set(seeds)) < 2:
        raise ConfigError("a curve needs at least two seeds, or its noise isn't known")
    if len(set(seeds)) < len(seeds):
        raise ConfigError(f"seeds {', '.join(map(str, seeds))}: one is there twice; give one run of each")


def _figure(config: Config) -> str:
    return "mse" if config.network == "stvae" else "loss"


def _other_settings(recipe: str) -> ConfigError:
    return ConfigError(
        f"recipe {recipe}: its curve was recorded with other settings, so that they can't be compared; leave out "
        "changes that matter to what is learned, or record the curve again with --record-curve"
    )


def _curve(recipe: str, config: Config, runs: Mapping[int, Sequence[float]], window: int) -> Curve:
    """Of runs by their seeds."""
    if not all(math.isfinite(loss) for losses in runs.values() for loss in losses):
        raise ConfigError(f"recipe {recipe} doesn't train: a window of {window} steps has no finite {_figure(config)}")
    return Curve(
        recipe=recipe,
        digest=digest(config),
        figure=_figure(config),
        window=window,
        seeds=tuple(runs),
        losses=tuple(tuple(float(f"{loss:.5g}") for loss in losses) for losses in runs.values()),
        made_with={"lavin": __version__, "torch": torch.__version__, "machine": platform.machine()},
    )


def first_windows(config: Config, figure: str, window: int, count: int) -> list[float]:
    """Means of a figure over the first windows of steps, of a run that is left behind nowhere."""
    windows = _Windows(figure, count)
    rare = {"log_every": window, "validate_every": config.steps, "sample_every": None, "checkpoint_seconds": 1e9}
    with tempfile.TemporaryDirectory(prefix="lavin-curve-") as folder:
        try:
            run(config.model_copy(update={"out": Path(folder), **rare}), [windows])
        except _EnoughError:
            return windows.found
    raise AssertionError("a run of enough steps has as many windows")
