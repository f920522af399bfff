"""Reference loss curves: whether a recipe still trains as it did when its curve was recorded."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig

# What doesn't change what is learned, or is a matter of the machine.
_NO_MATTER = (
    *("out", "seed", "device", "threads", "distributed", "compile", "name", "license", "start_from", "guard"),
    *("sampling", "task_sampling"),
    *("checkpoint_seconds", "keep_checkpoints", "keep_best", "log_every", "validate_every", "sample_every"),
)
_NO_MATTER_OF_DATA = ("roots", "latents", "workers", "cache")
# Of a loader's options: where it keeps what it made.
_NO_MATTER_OF_OPTIONS = ("kept",)
# How many standard deviations a window may be off; and the least that is called a difference.
_DEVIATIONS, _LEAST = 4.0, 0.02
# Of what seeds may differ by: what a run of a recorded seed may, from that seed's own.
_OF_ONE_SEED = 1 / 3


class Curve(BaseModel):
    """The mean loss of the first windows of a recipe's steps, for several seeds.

    The noise is measured over seeds: the standard deviation of a window's relative difference from the seeds' mean, all
    windows together, and that of a run's mean difference, which is smaller. A run is like the recorded ones if every
    window lies within `band` of the mean, and all windows together within `level`: four such deviations each, with
    the uncertainty of the mean, and no less than 2 %. Between runs of one seed only what machines round otherwise is
    noise, which is far less: a run of a recorded seed lies within a third of that of the seed's own, too.

    Attributes:
        recipe: its shipped name.
        digest: of everything in the recipe that decides what is learned.
        figure: which loss.
        window: steps.
        seeds: the recipe's `seed` of each run.
        losses: for each seed the mean of every window.
        made_with: versions, for people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str
    digest: str
    figure: str
    window: int
    seeds: tuple[int, ...]
    losses: tuple[tuple[float, ...], ...]
    made_with: dict[str, str] = {}

    @property
    def steps(self) -> int:
        """Steps that it is about."""
        return self.window * len(self.losses[0])

    @property
    def mean(self) -> list[float]:
        """Of every window, the geometric mean over seeds."""
        return [math.exp(sum(map(math.log, window)) / len(window)) for window in zip(*self.losses, strict=True)]

    @property
    def band(self) -> float:
        """How far a window of one run may be from the mean, as a share of it."""
        squares = [difference**2 for run in self.losses for difference in self.differences(run)]
        return self._limit(sum(squares) / len(self.losses[0]))

    @property
    def level(self) -> float:
        """How far all windows together may be."""
        return self._limit(sum((sum(found) / len(found)) ** 2 for found in map(self.differences, self.losses)))

    def _limit(self, squares: float) -> float:
        """From the sum of one square for each seed."""
        count = len(self.losses)
        return max(_DEVIATIONS * math.sqrt(squares / (count - 1) * (1 + 1 / count)), _LEAST)

    def holds(self, losses: Sequence[float], seed: int | None = None) -> bool:
        """Whether a run's windows are as near to the mean as the noise allows, and to those of its own seed."""
        own = self.own(losses, seed)
        return self._near(self.differences(losses), 1.0) and (own is None or self._near(own, _OF_ONE_SEED))

    def own(self, losses: Sequence[float], seed: int | None) -> list[float] | None:
        """Of a run's windows from those that its seed was recorded with; None for a seed that wasn't."""
        if seed not in self.seeds:
            return None
        recorded = self.losses[self.seeds.index(seed)]
        return [math.log(x / y) for x, y in zip(losses, recorded, strict=True)]

    def _near(self, differences: Sequence[float], share: float) -> bool:
        band, level = (max(share * limit, _LEAST) for limit in (self.band, self.level))
        together = sum(differences) / len(differences)
        return all(abs(difference) <= band for difference in differences) and abs(together) <= level

    def differences(self, losses: Sequence[float]) -> list[float]:
        """Of a run's windows from the mean: shares of it, the logarithm of the ratio."""
        return [math.log(x / m) for x, m in zip(losses, self.mean, strict=True)]

    def write(self, path: Path) -> None:
        """Write it as JSON, a line for each seed."""
        content = self.model_dump(mode="json")
        losses = ",\n".join(f"    {json.dumps(run)}" for run in content.pop("losses"))
        head = json.dumps(content, indent=2).removesuffix("\n}")
        atomic_write_text(path, f'{head},\n  "losses": [\n{losses}\n  ]\n}}\n')


def recorded_curve(recipe: str) -> Curve:
    """The curve that is stored for a shipped recipe. Raises ConfigError where there is none."""
    path = Path(str(files("lavincli.train") / "curves")) / f"{recipe}.json"
    try:
        return Curve.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(found.stem for found in path.parent.glob("*.json")))
        raise ConfigError(f"recipe {recipe} has no recorded curve; those that have one: {known}") from error


def digest(config: STVAETrainConfig | JDiTTrainConfig) -> str:
    """Of what decides what a recipe learns: alike wherever it is run, another when a setting that matters changes."""
    # Without defaults, so that a key that is new changes nothing.
    content: dict[str, Any] = config.model_dump(mode="json", exclude_defaults=True)
    if config.network == "jdit":
        del content["stvae"]
    content = {key: value for key, value in content.items() if key not in _NO_MATTER}
    content["data"] = {key: value for key, value in content["data"].items() if key not in _NO_MATTER_OF_DATA}
    for options in content["data"].get("options", {}).values():
        for key in _NO_MATTER_OF_OPTIONS:
            options.pop(key, None)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
