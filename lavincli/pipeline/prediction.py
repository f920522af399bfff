"""What a prediction holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lavincli.clip import Clip
from lavincli.model.config import SamplingConfig

OutputSize = Literal["native", "model"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one query, with what it takes to make it again.

    Attributes:
        rgb: the answer as a picture, ``uint8 [T, H, W, 3]`` at the query's own size (or the model's, if so asked).
        value: the answer in the task's native form, decoded from `rgb`: an image, a boolean mask, a float map ...
        raw: the picture as the model gave it, ``uint8 [T, S, S, 3]`` at its working size.
        task: the task's name; None where only example pairs were given.
        context: the ids of the example pairs, in the order the model saw them.
        seed: the seed of the starting noise.
        sampling: grid, guidance and solver.
        contexts: of an ensemble, the ids of each context whose answer was averaged; the first is `context`, and gave
            `raw`. Empty for a single answer.
    """

    rgb: Clip
    value: Any
    raw: Clip
    task: str | None
    context: tuple[str, ...]
    seed: int
    sampling: SamplingConfig
    contexts: tuple[tuple[str, ...], ...] = ()
