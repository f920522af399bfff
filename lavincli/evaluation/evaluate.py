"""Evaluates one task: samples -> pairs at the model's working size -> predictions -> scores, for several contexts.

Nothing depends on the order of work: the pairs, the noise and the draws of the context are seeded by what they are for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lavincli.blocks import answer_resample_of
from lavincli.clip import Clip, Sample
from lavincli.context.seeds import stable_seed
from lavincli.errors import InputError
from lavincli.evaluation.answers import Answers
from lavincli.evaluation.baselines import baseline_names
from lavincli.evaluation.cases import Case, make_case
from lavincli.evaluation.draws import Draw, draw_contexts, nearest_pairs, pictures_of
from lavincli.evaluation.failures import raise_fatal
from lavincli.evaluation.prediction_store import PredictionStore
from lavincli.evaluation.results import TaskResult
from lavincli.evaluation.scoring import MODEL, score_item
from lavincli.evaluation.settings import EvaluationSettings
from lavincli.evaluation.summary import Statistics
from lavincli.evaluation.task_tally import Answer, Listeners, TaskTally
from lavincli.evaluation.watched_context import WatchedContext
from lavincli.media.geometry import resize

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)

Known = dict[str, tuple[Clip, Answer]]
"""By system a picture of one item, and the answer that it is under every draw, whatever the context."""

__all__ = ["EvaluationSettings", "TaskEvaluation", "evaluate_task"]


def evaluate_task(
    pipeline: Pipeline,
    task: Task,
    settings: EvaluationSettings | None = None,
    *,
    dataset: str | None = None,
    root: Path | None = None,
    listeners: Listeners | None = None,
    store: PredictionStore | None = None,
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
        listeners: are told of the items as they are finished.
        store: keeps the model's pictures, and is asked for them first.

    Raises:
        LavinError: no such data set, a bad card, no context set, or not a single item that could be scored.
    """
    evaluation = TaskEvaluation(
        pipeline, task, settings or EvaluationSettings(), dataset=dataset, root=root, listeners=listeners, store=store
    )
    return evaluation.run()[0]


class TaskEvaluation:
    """An evaluation of one task and data set; see `evaluate_task` for the arguments and what it raises."""

    def __init__(
        self,
        pipeline: Pipeline,
        task: Task,
        settings: EvaluationSettings,
        *,
        dataset: str | None = None,
        root: Path | None = None,
        listeners: Listeners | None = None,
        store: PredictionStore | None = None,
    ) -> None:
        self._started = time.perf_counter()
        if dataset is None and task.datasets:
            dataset = task.datasets[0]
        self.task, self.settings = task, settings
        self._root = root
        self._size = pipeline.config.resolution
        self._listeners = listeners or Listeners()
        self._answers = Answers(store, settings.batch_size)
        self._samples = task.samples(dataset, root, settings.split)
        self.total = len(self._samples) if settings.limit is None else min(settings.limit, len(self._samples))
        self._followed: list[bool] = []
        self._draws = draw_contexts(pipeline, task, settings)
        self._nearest = nearest_pairs(pipeline, task, settings)
        self._tally = TaskTally(
            task,
            dataset or "",
            settings.split,
            baselines=baseline_names(task.codec),
            draws=len(self._draws),
            control=settings.wrong_context,
            listeners=self._listeners,
        )

    def run(self) -> tuple[TaskResult, Statistics]:
        """Answer and score every item: the result, and what comparing it with others takes."""
        done = 0
        for numbers in self._batches(range(self.total)):
            self._score(list(self._cases(numbers, self._tally.fail)))
            done += len(numbers)
            if self._listeners.progress is not None:
                self._listeners.progress(done, self.total)
        gallery, draws = self._listeners.gallery, self._draws
        shown = gallery is not None and gallery.place > 0
        return self._tally.result(
            root=None if self._root is None else str(self._root),
            pairs=len(draws[0].predictor.context),
            contexts=[list(draw.predictor.context_ids) for draw in draws],
            context_pictures=[
                gallery.pairs(draw.predictor.context, number, of="draw") for number, draw in enumerate(draws, start=1)
            ]
            if gallery is not None and shown
            else [],
            wrong_contexts=[draw.wrong_task for draw in draws if draw.wrong_task is not None],
            variation=self.settings.variation,
            followed=sum(self._followed) / len(self._followed) if self._followed else None,
            seconds=round(time.perf_counter() - self._started, 3),
            total=self.total,
        )

    def answer(self, share: Sequence[int]) -> None:
        """Only answer some of the items, by their numbers, into the store; whoever scores them meets what is wrong."""
        for numbers in self._batches(share):
            cases = list(self._cases(numbers, _pass_over))
            for index, draw in enumerate(self._draws):
                if cases:
                    pictures_of(cases, self._seeds(cases, index), draw, self._answers)

    def _batches(self, numbers: Sequence[int]) -> Iterator[Sequence[int]]:
        size = self.settings.batch_size
        return (numbers[start : start + size] for start in range(0, len(numbers), size))

    def _cases(self, numbers: Sequence[int], fail: Callable[[str, Exception], None]) -> Iterator[Case]:
        """The items of these numbers that can be read."""
        for number in numbers:
            name = f"item {number}"
            try:
                sample: Sample = self._samples[number]
                name = sample.key
                case = make_case(self.task, sample, self._size, self.settings.seed)
                if self._nearest is not None and not case.context:
                    case = replace(case, context=tuple(self._nearest(case.pair.input)))
                self._require_length(case)
            except Exception as error:  # noqa: BLE001 - a plugin's loader may raise anything; the rest is still there
                raise_fatal(error)
                fail(name, error)
                continue
            yield case

    def _require_length(self, case: Case) -> None:
        wanted = len((case.context or self._draws[0].predictor.context)[0].input)
        if len(case.pair.input) != wanted:
            raise InputError(f"has {len(case.pair.input)} frames where the inputs of its examples have {wanted}")

    def _score(self, cases: Sequence[Case]) -> None:
        """Answer and score a batch under every draw."""
        if not cases:
            return
        pictures = [
            pictures_of(cases, self._seeds(cases, index), draw, self._answers) for index, draw in enumerate(self._draws)
        ]
        for place, case in enumerate(cases):
            known: Known = {}
            try:
                answers = [
                    self._scored(case, draw, {system: clips[place] for system, clips in drawn.items()}, known)
                    for draw, drawn in zip(self._draws, pictures, strict=True)
                ]
            except Exception as error:  # noqa: BLE001 - so may a plugin's codec or metric
                raise_fatal(error)
                self._tally.fail(case.pair.key, error)
                continue
            rendering = self._draws[0].rendering
            found = [rendering.followed(drawn[MODEL][place], case.pair) for drawn in pictures]
            self._followed += [follows for follows in found if follows is not None]
            seeds = [self._seed(case.pair.key, index) for index in range(len(self._draws))]
            self._tally.commit(case, answers, seeds, pictures[0][MODEL][place], shown=rendering.case(case))

    def _scored(self, case: Case, draw: Draw, pictures: dict[str, Clip], known: Known) -> dict[str, Answer]:
        """Decode and score every system's picture of one case. The right context decodes them all.

        What is ``known`` of the case from other draws is added to, and used: a copy of the query is always the same.
        """
        codec, context = draw.predictor.codec, case.context or draw.context
        answers: dict[str, Answer] = {}
        for system, drawn in pictures.items():
            if system in known and np.array_equal(known[system][0], drawn):
                answers[system] = known[system][1]
                continue
            picture = draw.rendering.plain(drawn) if system == MODEL else drawn
            shown = resize(picture, (case.query.shape[1], case.query.shape[2]), answer_resample_of(codec))
            watched = WatchedContext(context)
            value = codec.decode(shown, context=watched, query=case.query)
            answers[system] = Answer(value, score_item(self.task, value, case.target, case.query))
            if case.context or not watched.read:
                known[system] = drawn, answers[system]
        return answers

    def _seeds(self, cases: Sequence[Case], draw: int) -> list[int]:
        return [self._seed(case.pair.key, draw) for case in cases]

    def _seed(self, key: str, draw: int) -> int:
        return stable_seed("evaluate", self.settings.seed, draw, key)


def _pass_over(name: str, error: Exception) -> None:
    logger.debug("%s can't be read: %s", name, error)
