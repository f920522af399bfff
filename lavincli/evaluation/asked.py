"""What a user asks of an evaluation: a model, and how it is to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from lavincli.errors import ConfigError

if TYPE_CHECKING:
    from lavincli.evaluation.settings import EvaluationSettings
    from lavincli.pipeline.pipeline import Pipeline

_KINDS: Final[Mapping[str, type[int] | type[str]]] = {
    "pairs": int,
    "grid": str,
    "model": str,
    "select": str,
    "variation": str,
}
PARAMETERS: Final = tuple(_KINDS)
"""What a study can vary."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A model by name or folder, and settings as they were given; None: the model's own, or what fits the machine.

    The attributes are those of `EvaluationSettings`, of its sampling, and of `lavincli.pipeline.load.load`.
    """

    model: str = "lavin-tiny"
    pairs: int | None = None
    draws: int = 3
    select: str = "random"
    limit: int | None = None
    seed: int = 0
    split: str = "test"
    wrong_context: bool = False
    variation: str = "plain"
    guidance: float | None = None
    grid: str | None = None
    solver: str | None = None
    batch_size: int = 8
    device: str | None = None
    dtype: str | None = None

    def load(self) -> Pipeline:
        """The model. Raises LavinError as `lavincli.pipeline.load.load` does."""
        from lavincli.pipeline.load import load

        return load(self.model, device=self.device, dtype=self.dtype)

    def settings(self, pipeline: Pipeline) -> EvaluationSettings:
        """The settings with this model. Raises LavinError for one that isn't valid."""
        from lavincli.evaluation.settings import EvaluationSettings
        from lavincli.pipeline.predict import resolve_sampling

        asked = {"guidance": self.guidance, "grid": self.grid, "solver": self.solver}
        resolve_sampling(pipeline.config.sampling, **asked)  # type: ignore[arg-type]
        return EvaluationSettings(
            pairs=self.pairs,
            draws=self.draws,
            select=self.select,
            limit=self.limit,
            seed=self.seed,
            split=self.split,
            wrong_context=self.wrong_context,
            variation=self.variation,
            sampling=asked,
            batch_size=self.batch_size,
        )

    def varied(self, parameter: str, value: str) -> Self:
        """The same with one of `PARAMETERS` set to a value. Raises ConfigError for a value it can't have."""
        try:
            changed: dict[str, Any] = {parameter: _KINDS[parameter](value)}
        except ValueError as error:
            raise ConfigError(f"--sweep {parameter}={value}: {parameter} is a whole number") from error
        return replace(self, **changed)
