"""Evaluates one task: samples -> pairs at the model's working size -> predictions -> scores, for several contexts.

Nothing depends on the order of work: the pairs, the noise and the draws of the context are seeded by what they are for.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lavincli.blocks import Aligned, answer_resample_of
from lavincli.clip import Clip, Sample
from lavincli.context.seeds import stable_seed
from lavincli.errors import InputError, LavinError
from lavincli.evaluation.cases import Case, make_case
from lavincli.evaluation.draws import BASELINES, Draw, draw_contexts, pictures_of
from lavincli.evaluation.results import Failure, ItemResult, TaskResult
from lavincli.evaluation.scoring import MODEL, WRONG_CONTEXT, ItemScore, Tally, score_item, summarise
from lavincli.media.geometry import resize
from lavincli.model.config import SamplingConfig

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How to evaluate.

    Attributes:
        pairs: K, the pairs in a context; None: as many as the model was made for, or all if there are fewer.
        draws: R, how many contexts are drawn from the task's set.
        limit: at most this many items, the first ones.
        seed: of everything random.
        split: of the data set.
        wrong_context: also show the model another task's pairs, as a control.
        sampling: grid, guidance and solver; None: the model's own.
        batch_size: how many items to compute at once; changes no score beyond the last bit's rounding.
    """

    pairs: int | None = None
    draws: int = 3
    limit: int | None = None
    seed: int = 0
    split: str = "test"
    wrong_context: bool = False
    sampling: SamplingConfig | None = None
    batch_size: int = 8

    def __post_init__(self) -> None:
        for name in ("pairs", "draws", "limit", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")


@dataclass(frozen=True, slots=True)
class Shown:
    """An item's pictures under the first draw, for people to look at: ``[1, S, S, 3]`` each, and its headline score."""

    key: str
    query: Clip
    prediction: Clip
    truth: Clip
    score: float


@dataclass(frozen=True, slots=True)
class _Answer:
    """One system's answer to one case: what it decodes to, and its score."""

    value: Any
    score: ItemScore


_Report = Callable[[ItemResult], None]
_Show = Callable[[Shown], None]


def evaluate_task(
    pipeline: Pipeline,
    task: Task,
    settings: EvaluationSettings | None = None,
    *,
    dataset: str | None = None,
    root: Path | None = None,
    on_item: _Report | None = None,
    on_shown: _Show | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> TaskResult:
    """Evaluate a model on one task and data set.

    An item that can't be read or scored is left out of all draws and listed among the failures. Items are scored at
    the model's size; those of protocols that say so (`Sample.whole`) at their own. Items with examples of their own
    (`Sample.context`) are answered with those, and the draws then differ in the noise alone.

    Args:
        pipeline: the model.
        task: the task.
        settings: how.
        dataset: a data set of the task's card; the first one by default.
        root: where it lies; by default where the card says, else what is bundled.
        on_item: is given each item's scores, draw by draw, as soon as there are any.
        on_shown: is given each item's pictures under the first draw.
        on_progress: is given how many items are finished, and of how many.

    Raises:
        LavinError: no such data set, a bad card, no context set, or not a single item that could be scored.
    """
    settings = settings or EvaluationSettings()
    started = time.perf_counter()
    if dataset is None and task.datasets:
        dataset = task.datasets[0]
    samples = task.samples(dataset, root, settings.split)
    total = len(samples) if settings.limit is None else min(settings.limit, len(samples))
    draws = draw_contexts(
        pipeline,
        task,
        settings.sampling,
        pairs=settings.pairs,
        draws=settings.draws,
        seed=settings.seed,
        wrong_context=settings.wrong_context,
    )
    evaluation = _Evaluation(task, dataset or "", draws, settings, on_item, on_shown)
    for number, batch in enumerate(_batches(_numbered(samples, total), settings.batch_size)):
        evaluation.take(batch)
        if on_progress is not None:
            on_progress(min(total, (number + 1) * settings.batch_size), total)
    if not evaluation.keys:
        reason = f"; the first failed with: {evaluation.failures[0].error}" if evaluation.failures else ""
        raise InputError(f"{task.name}: none of the {total} items of {dataset} could be scored{reason}")
    return TaskResult(
        task=task.name,
        card_version=task.card.version,
        title=task.title,
        dataset=dataset or "",
        root=None if root is None else str(root),
        split=settings.split,
        items=len(evaluation.keys),
        keys_hash=hashlib.sha256("".join(f"{key}\n" for key in evaluation.keys).encode()).hexdigest(),
        headline=task.headline,
        pairs=len(draws[0].predictor.context),
        contexts=[list(draw.predictor.context_ids) for draw in draws],
        wrong_contexts=[draw.wrong_task for draw in draws if draw.wrong_task is not None],
        metrics=summarise(task, evaluation.tallies, BASELINES),
        alignments={name: metric.alignment for name, metric in task.metrics.items() if isinstance(metric, Aligned)},
        failures=evaluation.failures,
        seconds=round(time.perf_counter() - started, 3),
    )


class _Evaluation:
    """The running state: what was scored so far, by system and draw."""

    def __init__(
        self,
        task: Task,
        dataset: str,
        draws: Sequence[Draw],
        settings: EvaluationSettings,
        on_item: _Report | None,
        on_shown: _Show | None,
    ) -> None:
        self.task = task
        self.keys: list[str] = []
        self.failures: list[Failure] = []
        systems = [MODEL, *BASELINES, *([WRONG_CONTEXT] if settings.wrong_context else [])]
        self.tallies: dict[str, list[Tally]] = {system: [Tally(task) for _ in draws] for system in systems}
        self._dataset = dataset
        self._draws = draws
        self._settings = settings
        self._on_item = on_item
        self._on_shown = on_shown

    def take(self, numbered: Sequence[tuple[int, Callable[[], Sample]]]) -> None:
        """Evaluate a batch of samples under every draw."""
        cases = [case for number, read in numbered if (case := self._case(number, read)) is not None]
        if not cases:
            return
        pictures = [self._pictures(cases, index) for index in range(len(self._draws))]
        for place, case in enumerate(cases):
            try:
                answers = [
                    self._answers(case, index, {system: drawn[system][place] for system in drawn})
                    for index, drawn in enumerate(pictures)
                ]
            except (LavinError, ValueError) as error:  # a codec or a metric may be a plugin's
                self._fail(case.pair.key, error)
                continue
            self._commit(case, answers, pictures[0][MODEL][place])

    def _case(self, number: int, read: Callable[[], Sample]) -> Case | None:
        size = self._draws[0].predictor.pipeline.config.resolution
        name = f"item {number}"
        try:
            sample = read()
            name = sample.key
            return make_case(self.task, sample, size, self._settings.seed)
        except (LavinError, OSError, ValueError) as error:  # a loader may be a plugin's
            self._fail(name, error)
            return None

    def _fail(self, name: str, error: Exception) -> None:
        reason = str(error) if isinstance(error, LavinError) else f"{type(error).__name__}: {error}"
        reason = " ".join(reason.split())
        logger.error("%s: %s: %s", self.task.name, name, reason)
        self.failures.append(Failure(item=name, error=reason))

    def _seed(self, key: str, draw: int) -> int:
        return stable_seed("evaluate", self._settings.seed, draw, key)

    def _pictures(self, cases: Sequence[Case], index: int) -> dict[str, Sequence[Clip]]:
        """Every system's pictures for a batch, under one draw."""
        seeds = [self._seed(case.pair.key, index) for case in cases]
        return pictures_of(cases, seeds, self._draws[index])

    def _answers(self, case: Case, index: int, pictures: dict[str, Clip]) -> dict[str, _Answer]:
        """Decode and score every system's picture of one case. The right context decodes them all."""
        predictor = self._draws[index].predictor
        codec, context = predictor.codec, case.context or predictor.context
        answers: dict[str, _Answer] = {}
        for system, picture in pictures.items():
            shown = resize(picture, (case.query.shape[1], case.query.shape[2]), answer_resample_of(codec))
            value = codec.decode(shown, context=context, query=case.query)
            answers[system] = _Answer(value, score_item(self.task, value, case.target, case.query))
        return answers

    def _commit(self, case: Case, draws: Sequence[dict[str, _Answer]], shown: Clip) -> None:
        key = case.pair.key
        self.keys.append(key)
        for index, answers in enumerate(draws):
            for system, answer in answers.items():
                self.tallies[system][index].add(answer.value, case.target, case.query, answer.score)
            if self._on_item is not None:
                self._on_item(self._item_result(key, index, answers))
        if self._on_shown is not None:
            score = draws[0][MODEL].score.scores[self.task.headline]
            self._on_shown(Shown(key, case.pair.input, shown, case.pair.target, score))

    def _item_result(self, key: str, index: int, answers: dict[str, _Answer]) -> ItemResult:
        return ItemResult(
            task=self.task.name,
            dataset=self._dataset,
            draw=index,
            key=key,
            seed=self._seed(key, index),
            scores=dict(answers[MODEL].score.scores),
            baselines={name: dict(answers[name].score.scores) for name in BASELINES},
            wrong_context=dict(answers[WRONG_CONTEXT].score.scores) if WRONG_CONTEXT in answers else None,
        )


def _numbered(samples: Sequence[Sample], total: int) -> Iterator[tuple[int, Callable[[], Sample]]]:
    """Readers of the first `total` samples: reading is left to where a failure can be recorded."""
    for number in range(total):
        yield number, lambda number=number: samples[number]  # type: ignore[misc]


def _batches(
    items: Iterator[tuple[int, Callable[[], Sample]]], size: int
) -> Iterator[list[tuple[int, Callable[[], Sample]]]]:
    while batch := list(islice(items, size)):
        yield batch
