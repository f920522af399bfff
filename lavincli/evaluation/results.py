"""What an evaluation results in: typed, versioned, and complete enough to be repeated."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

Verdict = Literal["yes", "unclear", "no"]


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]
"""A float; None where it isn't finite, such as the PSNR of identical pictures."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Score(_Model):
    """One score of one system.

    Attributes:
        mean: over the draws of the context; each draw scores the whole set.
        std: sample standard deviation over the draws; None for a single draw.
        draws: the score of each draw.
        interval: 95 % bootstrap interval over items; None for a single item, and for a metric of whole sets that can't
            be merged from its items.
    """

    mean: Number
    std: Number
    draws: list[Number]
    interval: tuple[float, float] | None


class MetricResult(_Model):
    """One score of the model, beside the baselines.

    Attributes:
        higher_is_better: the direction.
        model: the model's score.
        baselines: those of the trivial answers, by name.
        best_baseline: the name of the better one.
        margin: model minus that baseline, counted so that above zero is better; its interval is paired by item.
        beats_baseline: "yes": in every draw; "no": not on average; "unclear": on average, but not in every draw.
        wrong_context: the model's score when it was shown another task's pairs.
    """

    higher_is_better: bool
    model: Score
    baselines: dict[str, Score]
    best_baseline: str
    margin: Score
    beats_baseline: Verdict
    wrong_context: Score | None


class Failure(_Model):
    """An item that could not be evaluated; it counts in no score."""

    item: str
    error: str


class TaskResult(_Model):
    """The result of one task on one data set.

    Attributes:
        task, card_version, title: the task.
        dataset, split: the data; `root` is where it was given, None for what is bundled or named in the card.
        items: how many items were scored.
        keys_hash: sha256 of their keys in order, one a line: the same hash means the same items.
        headline: the one metric that stands for the task.
        pairs: K, the pairs in a context.
        contexts: for each draw the ids of its pairs, in the order shown.
        wrong_contexts: for each draw the task whose pairs were shown as a control; empty without that control.
        metrics: by key.
        alignments: how a metric brings predictions to the truth's scale before it scores them, by the metric's name.
        failures: items left out, with the reason.
        seconds: wall-clock time.
    """

    task: str
    card_version: int
    title: str
    dataset: str
    root: str | None
    split: str
    items: int
    keys_hash: str
    headline: str
    pairs: int
    contexts: list[list[str]]
    wrong_contexts: list[str]
    metrics: dict[str, MetricResult]
    alignments: dict[str, str] = {}
    failures: list[Failure]
    seconds: float


class ModelInfo(_Model):
    """Which model was measured."""

    name: str
    fingerprint: str
    resolution: int


class TaskFailure(_Model):
    """A task that could not be evaluated at all."""

    task: str
    error: str


class Results(_Model):
    """``results.json``: everything one ``lavin eval`` found out.

    Attributes:
        format: version of this layout.
        created: when, in UTC (ISO 8601). With the seconds the only thing that differs between two equal runs.
        command: what was run.
        model, sampling, dtype, device, seed: what answered, and how.
        libraries: versions of what computed.
        tasks: a result for each task and data set.
        failed: tasks without a result.
        seconds: wall-clock time.
    """

    format: Literal[1] = 1
    created: str
    command: str
    model: ModelInfo
    sampling: dict[str, Any]
    dtype: str
    device: str
    seed: int
    libraries: dict[str, str]
    tasks: list[TaskResult]
    failed: list[TaskFailure]
    seconds: float


class ItemResult(_Model):
    """A line of ``results.jsonl``: one item under one draw of the context.

    Attributes:
        scores: the model's, by metric.
        baselines: those of the trivial answers, by name and metric.
        wrong_context: the model's under another task's pairs; None without that control.
    """

    task: str
    dataset: str
    draw: int
    key: str
    seed: int
    scores: dict[str, Number]
    baselines: dict[str, dict[str, Number]]
    wrong_context: dict[str, Number] | None
