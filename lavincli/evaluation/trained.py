"""What a study over models knows of each beside its scores: how large it is, and how its training went."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lavincli.evaluation.items import StrictModel
from lavincli.train.watch.json_lines import LOG, read_log

if TYPE_CHECKING:
    from lavincli.pipeline.pipeline import Pipeline

_MOST_WINDOWS: Final = 40


class LossWindow(StrictModel):
    """The mean of the losses that a run logged in one window of its steps, of which `step` is the last."""

    step: int
    loss: float


def parameter_count(pipeline: Pipeline) -> int:
    """How many numbers the J-DiT learned."""
    return sum(parameter.numel() for parameter in pipeline.jdit.parameters())


def loss_windows(model: str) -> list[LossWindow]:
    """How the loss of a training run fell, in at most 40 windows of about as many lines of its log.

    Empty unless ``model`` is a run's folder, or the model in one. Raises ConfigError for a damaged log.
    """
    folder = Path(model)
    run = folder.parent if folder.name == "model" else folder
    lines = [line for line in read_log(run / LOG) if line.get("loss") is not None]
    count = min(len(lines), _MOST_WINDOWS)
    borders = [len(lines) * number // count for number in range(count + 1)] if count else []
    windows = [lines[start:end] for start, end in pairwise(borders)]
    return [
        LossWindow(step=window[-1]["step"], loss=sum(line["loss"] for line in window) / len(window))
        for window in windows
    ]
