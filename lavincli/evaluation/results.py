"""What an evaluation results in: typed, versioned, and complete enough to be repeated."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from lavincli.evaluation.items import Number, PairPictures, StrictModel
from lavincli.media.recolour import PLAIN

FORMAT: Final = 2
"""The version of the layout below; it counts up whenever a reader of the one before would stumble."""

Verdict = Literal["yes", "unclear", "no"]
ScoredAt = Literal["model's size", "own size", "both"]


class Score(StrictModel):
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


class PaperFigure(StrictModel):
    """What a paper reports for this score, under this protocol.

    Attributes:
        system: whose score it is.
        source: where it stands.
    """

    system: str
    value: float
    source: str


class MetricResult(StrictModel):
    """One score of the model, beside the baselines.

    Attributes:
        higher_is_better: the direction.
        model: the model's score.
        baselines: those of the trivial answers, by name.
        best_baseline: the name of the better one.
        margin: model minus that baseline, counted so that above zero is better; its interval is paired by item.
        beats_baseline: "yes": in every draw; "no": not on average; "unclear": on average, but not in every draw.
        wrong_context: the model's score when it was shown another task's pairs.
        paper: figures of papers, where the protocol is theirs (`TaskResult.paper_differs` says why it isn't).
    """

    higher_is_better: bool
    model: Score
    baselines: dict[str, Score]
    best_baseline: str
    margin: Score
    beats_baseline: Verdict
    wrong_context: Score | None
    paper: list[PaperFigure] = Field(default_factory=list)


class Failure(StrictModel):
    """An item that could not be evaluated; it counts in no score."""

    item: str
    error: str


class TaskResult(StrictModel):
    """The result of one task on one data set.

    Attributes:
        task, card_version, title: the task; `kind` is the heading under which lists put it.
        dataset, split: the data; `root` is where it was given, None for what is bundled or named in the card.
        items: how many items were scored.
        keys_hash: sha256 of their keys in order, one a line: the same hash means the same items.
        data_hash: sha256 over their keys and contents as they were scored: the same hash means comparable scores.
        scored_at: the size at which items were scored.
        headline: the one metric that stands for the task.
        pairs: K, the pairs in a context.
        contexts: for each draw the ids of its pairs, in the order shown.
        context_pictures: for each draw the pictures of its pairs; empty where none were written.
        wrong_contexts: for each draw the task whose pairs were shown as a control; empty without that control.
        variation: how the model was shown annotations, a name of `lavincli.media.recolour`; its answers were brought
            back to the plain rendering before they were scored.
        followed: share of those answers that correlate more with the truth in that rendering than with the one drawn
            plainly; None for the plain one, and where the answer is no annotation or both truths look alike.
        metrics: by key.
        alignments: how a metric brings predictions to the truth's scale before it scores them, by the metric's name.
        paper_differs: in which way the protocol isn't that of the papers the card cites; None where it is, or none is
            cited.
        failures: items left out, with the reason.
        notes: what a reader should know of the scores, such as one that is no number.
        seconds: wall-clock time.
    """

    task: str
    card_version: int
    title: str
    kind: str
    dataset: str
    root: str | None
    split: str
    items: int
    keys_hash: str
    data_hash: str
    scored_at: ScoredAt
    headline: str
    pairs: int
    contexts: list[list[str]]
    context_pictures: list[list[PairPictures]] = Field(default_factory=list)
    wrong_contexts: list[str]
    variation: str = PLAIN
    followed: float | None = None
    metrics: dict[str, MetricResult]
    alignments: dict[str, str] = Field(default_factory=dict)
    paper_differs: str | None = None
    failures: list[Failure]
    notes: list[str] = Field(default_factory=list)
    seconds: float


class ModelInfo(StrictModel):
    """What was measured.

    Attributes:
        name: of the model, or what the predictions are called.
        fingerprint: a hash of its weights and settings, or of the files of predictions.
        resolution: pixels on a side of what the model works on; None for predictions.
    """

    name: str
    fingerprint: str
    resolution: int | None


class TaskFailure(StrictModel):
    """A task that could not be evaluated at all, or not on this data set."""

    task: str
    dataset: str | None = None
    error: str


class Results(StrictModel):
    """``results.json``: everything one ``lavin eval`` found out.

    Attributes:
        format: version of this layout.
        created: when, in UTC (ISO 8601). With the seconds the only thing that differs between two equal runs.
        command: what was run.
        kind: a model was measured, or predictions that another tool had made.
        model, sampling, dtype, device, seed: what answered, and how; of predictions nothing is known but their files.
        batch_size: how many items were computed at once; None where that changes nothing (see `evaluation.answers`).
        libraries: versions of what computed.
        tasks: a result for each task and data set.
        failed: those without a result.
        seconds: wall-clock time.
    """

    format: Literal[2] = FORMAT
    created: str
    command: str
    kind: Literal["model", "predictions"] = "model"
    model: ModelInfo
    sampling: dict[str, Any]
    dtype: str | None
    device: str | None
    batch_size: int | None
    seed: int
    libraries: dict[str, str]
    tasks: list[TaskResult]
    failed: list[TaskFailure]
    seconds: float

    @property
    def partly_failed(self) -> bool:
        """Whether a task or an item is missing, or a score is no number."""
        return bool(self.failed) or any(task.failures or task.notes for task in self.tasks)
