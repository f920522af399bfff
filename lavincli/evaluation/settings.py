"""How to evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lavincli.context.selection import WAYS_TO_SELECT
from lavincli.errors import InputError, UnknownNameError
from lavincli.media.recolour import PLAIN, recolouring


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How to evaluate.

    Attributes:
        pairs: K, the pairs in a context; None: as many as the model was made for, or all if there are fewer.
        draws: R, how many contexts are drawn from the task's set.
        select: how they are drawn, one of `lavincli.context.selection.WAYS_TO_SELECT`; with "nearest" each query gets
            the pairs that look most like it, and draws differ in the noise alone.
        limit: at most this many items, the first ones.
        seed: of everything random.
        split: of the data set.
        wrong_context: also show the model another task's pairs, as a control.
        variation: how the model is shown annotations, a name of `lavincli.media.recolour`.
        sampling: grid, guidance and solver, as `lavincli.pipeline.predict.resolve_sampling` takes them; what isn't
            there is the model's own for each task.
        batch_size: how many items to compute at once.
    """

    pairs: int | None = None
    draws: int = 3
    select: str = "random"
    limit: int | None = None
    seed: int = 0
    split: str = "test"
    wrong_context: bool = False
    variation: str = PLAIN
    sampling: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int = 8

    def __post_init__(self) -> None:
        for name in ("pairs", "draws", "limit", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")
        if self.select not in WAYS_TO_SELECT:
            raise UnknownNameError(self.select, kind="way to select pairs", known=WAYS_TO_SELECT)
        recolouring(self.variation)
