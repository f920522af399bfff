"""The contexts that an evaluation draws, and what the model and the trivial baselines answer with each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lavincli.blocks import resample_of
from lavincli.clip import Clip, Pair
from lavincli.context.choice import ContextChoice
from lavincli.context.seeds import stable_seed
from lavincli.context.selection import NEAREST, select_pairs
from lavincli.evaluation.answers import Answers, one_thread
from lavincli.evaluation.baselines import baseline_pictures, mean_of_targets
from lavincli.evaluation.cases import Case
from lavincli.evaluation.rendering import Rendering
from lavincli.evaluation.scoring import MODEL, WRONG_CONTEXT
from lavincli.evaluation.settings import EvaluationSettings
from lavincli.evaluation.wrong_context import wrong_contexts
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.predict import resolve_sampling
from lavincli.pipeline.predictor import Predictor, default_sampling

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Draw:
    """One context: the right one, and perhaps a wrong one.

    Attributes:
        predictor: answers with the right context, as the model is shown it.
        context: the same in the plain rendering.
        rendering: how the model is shown annotations.
        mean: the mean of its targets at the model's size.
        wrong: answers with the pairs of the task `wrong_task`.
    """

    predictor: Predictor
    context: tuple[Pair, ...]
    rendering: Rendering
    mean: Clip
    wrong: Predictor | None = None
    wrong_task: str | None = None


def draw_contexts(pipeline: Pipeline, task: Task, settings: EvaluationSettings) -> list[Draw]:
    """As many contexts as the settings say, drawn by seed from the task's set.

    Where each query gets its own pairs (`nearest_pairs`), these are the first ones, and stand for the shape of all.
    """
    size, seed = pipeline.config.resolution, settings.seed
    rendering = Rendering(task, settings.variation)
    available = task.context_pairs(size)
    count = _count(pipeline, settings, available)
    how = "fixed" if settings.select == NEAREST else settings.select
    wrong = wrong_contexts(task, count, settings.draws, seed, size=size) if settings.wrong_context else []
    sampling = sampling_of(pipeline, task, settings)
    drawn: list[Draw] = []
    for index in range(settings.draws):
        context = select_pairs(available, count, how, seed=stable_seed("draw", seed, index))
        mean = mean_of_targets(context, (size, size), resample_of(task.codec))
        with one_thread(pipeline):
            predictor = Predictor(pipeline, rendering.pairs(context), task=task, sampling=sampling)
            if wrong:
                name, others = wrong[index]
                control = Predictor(pipeline, others, task=task, sampling=sampling)
                drawn.append(Draw(predictor, tuple(context), rendering, mean, control, name))
            else:
                drawn.append(Draw(predictor, tuple(context), rendering, mean))
    return drawn


def sampling_of(pipeline: Pipeline, task: Task | None, settings: EvaluationSettings) -> SamplingConfig:
    """How the model is sampled for a task, or where nothing else is said of one."""
    return resolve_sampling(default_sampling(pipeline, task), **settings.sampling)


def nearest_pairs(pipeline: Pipeline, task: Task, settings: EvaluationSettings) -> Callable[[Clip], list[Pair]] | None:
    """What chooses each query's own pairs, those that look most like it; None where a draw's are those of all."""
    if settings.select != NEAREST:
        return None
    available = task.context_pairs(pipeline.config.resolution)
    choice = ContextChoice(available, _count(pipeline, settings, available), select=NEAREST)
    return lambda query: [available[place] for place in choice.of(query)[0]]


def _count(pipeline: Pipeline, settings: EvaluationSettings, available: Sequence[Pair]) -> int:
    return settings.pairs or min(pipeline.config.context_pairs, len(available))


def pictures_of(cases: Sequence[Case], seeds: Sequence[int], draw: Draw, answers: Answers) -> dict[str, list[Clip]]:
    """Every system's pictures ``[T, S, S, 3]`` for a batch of cases, under one draw; the model's as it drew them."""
    shown = [draw.rendering.case(case) for case in cases]
    pictures: dict[str, list[Clip]] = {MODEL: answers.pictures(draw.predictor, shown, seeds)}
    for case in cases:
        shape, mean = case.pair.target.shape, None if case.context else draw.mean
        trivial = baseline_pictures(draw.predictor.codec, case.pair.input, case.context, shape, mean=mean)
        for name, picture in trivial.items():
            pictures.setdefault(name, []).append(picture)
    if draw.wrong is not None:
        # With the other task's pairs, also where a case has examples of its own.
        strangers = [dataclasses.replace(case, context=()) for case in cases]
        pictures[WRONG_CONTEXT] = answers.pictures(draw.wrong, strangers, seeds)
    return pictures
