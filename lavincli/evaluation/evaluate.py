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

from lavincli.blocks import resample_of
from lavincli.clip import Clip, Pair, Sample
from lavincli.context.seeds import stable_seed
from lavincli.context.selection import select_pairs
from lavincli.errors import InputError, LavinError
from lavincli.evaluation.baselines import COPY, MEAN, copy_of_query, mean_of_targets
from lavincli.evaluation.results import Failure, ItemResult, TaskResult
from lavincli.evaluation.scoring import MODEL, WRONG_CONTEXT, ItemScore, Tally, score_item, summarise
from lavincli.evaluation.wrong_context import wrong_contexts
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.predictor import Predictor

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)

BASELINES = (COPY, MEAN)


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
class _Case:
    """An item ready to be answered."""

    pair: Pair
    target: Any


@dataclass(frozen=True, slots=True)
class _Draw:
    """One context: the right one, and perhaps a wrong one."""

    predictor: Predictor
    mean: Clip
    wrong: Predictor | None
    wrong_task: str | None


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

    An item that can't be read or scored is left out of all draws and listed among the failures.

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
    draws = _draws(pipeline, task, settings)
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
        failures=evaluation.failures,
        seconds=round(time.perf_counter() - started, 3),
    )


class _Evaluation:
    """The running state: what was scored so far, by system and draw."""

    def __init__(
        self,
        task: Task,
        dataset: str,
        draws: Sequence[_Draw],
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

    def _case(self, number: int, read: Callable[[], Sample]) -> _Case | None:
        size = self._draws[0].predictor.pipeline.config.resolution
        name = f"item {number}"
        try:
            sample = read()
            name = sample.key
            return _Case(
                self.task.pair(sample, size=size, seed=self._settings.seed),
                self.task.native_target(sample, size=size, seed=self._settings.seed),
            )
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

    def _pictures(self, cases: Sequence[_Case], index: int) -> dict[str, Sequence[Clip]]:
        """Every system's pictures for a batch, under one draw."""
        draw = self._draws[index]
        queries = [case.pair.input for case in cases]
        seeds = [self._seed(case.pair.key, index) for case in cases]
        pictures: dict[str, Sequence[Clip]] = {
            MODEL: list(draw.predictor.raw(queries, seeds)),
            COPY: [copy_of_query(query) for query in queries],
            MEAN: [draw.mean for _ in queries],
        }
        if draw.wrong is not None:
            pictures[WRONG_CONTEXT] = list(draw.wrong.raw(queries, seeds))
        return pictures

    def _answers(self, case: _Case, index: int, pictures: dict[str, Clip]) -> dict[str, _Answer]:
        """Decode and score every system's picture of one case. The right context decodes them all."""
        predictor = self._draws[index].predictor
        query = case.pair.input
        answers: dict[str, _Answer] = {}
        for system, picture in pictures.items():
            value = predictor.codec.decode(picture, context=predictor.context, query=query)
            answers[system] = _Answer(value, score_item(self.task, value, case.target, query))
        return answers

    def _commit(self, case: _Case, draws: Sequence[dict[str, _Answer]], shown: Clip) -> None:
        key = case.pair.key
        self.keys.append(key)
        for index, answers in enumerate(draws):
            for system, answer in answers.items():
                self.tallies[system][index].add(answer.value, case.target, case.pair.input, answer.score)
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


def _draws(pipeline: Pipeline, task: Task, settings: EvaluationSettings) -> list[_Draw]:
    """R contexts, drawn by seed from the task's set."""
    available = task.context_pairs(pipeline.config.resolution)
    count = settings.pairs or min(pipeline.config.context_pairs, len(available))
    size = (pipeline.config.resolution, pipeline.config.resolution)
    wrong: list[tuple[str, list[Pair]]] = []
    if settings.wrong_context:
        wrong = wrong_contexts(task, count, settings.draws, settings.seed, size=pipeline.config.resolution)
    draws: list[_Draw] = []
    for index in range(settings.draws):
        context = select_pairs(available, count, "random", seed=stable_seed("draw", settings.seed, index))
        predictor = Predictor(pipeline, context, task=task, sampling=settings.sampling)
        mean = mean_of_targets(context, size, resample_of(task.codec))
        if not wrong:
            draws.append(_Draw(predictor, mean, None, None))
            continue
        name, pairs = wrong[index]
        control = Predictor(pipeline, pairs, task=task, sampling=settings.sampling)
        draws.append(_Draw(predictor, mean, control, name))
    return draws


def _numbered(samples: Sequence[Sample], total: int) -> Iterator[tuple[int, Callable[[], Sample]]]:
    """Readers of the first `total` samples: reading is left to where a failure can be recorded."""
    for number in range(total):
        yield number, lambda number=number: samples[number]  # type: ignore[misc]


def _batches(
    items: Iterator[tuple[int, Callable[[], Sample]]], size: int
) -> Iterator[list[tuple[int, Callable[[], Sample]]]]:
    while batch := list(islice(items, size)):
        yield batch
