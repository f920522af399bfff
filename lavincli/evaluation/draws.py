"""The contexts that an evaluation draws, and what the model and the trivial baselines answer with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lavincli.blocks import resample_of
from lavincli.clip import Clip, Pair
from lavincli.context.seeds import stable_seed
from lavincli.context.selection import select_pairs
from lavincli.evaluation.baselines import COPY, MEAN, copy_of_query, mean_of_targets
from lavincli.evaluation.cases import Case
from lavincli.evaluation.scoring import MODEL, WRONG_CONTEXT
from lavincli.evaluation.wrong_context import wrong_contexts
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.predictor import Predictor

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

BASELINES: Final = (COPY, MEAN)


@dataclass(frozen=True, slots=True)
class Draw:
    """One context: the right one, and perhaps a wrong one.

    Attributes:
        predictor: answers with the right context.
        mean: the mean of its targets at the model's size.
        wrong: answers with the pairs of the task `wrong_task`.
    """

    predictor: Predictor
    mean: Clip
    wrong: Predictor | None = None
    wrong_task: str | None = None


def draw_contexts(
    pipeline: Pipeline,
    task: Task,
    sampling: SamplingConfig | None,
    *,
    pairs: int | None,
    draws: int,
    seed: int,
    wrong_context: bool,
) -> list[Draw]:
    """As many contexts as `draws`, drawn by seed from the task's set; see EvaluationSettings."""
    size = pipeline.config.resolution
    available = task.context_pairs(size)
    count = pairs or min(pipeline.config.context_pairs, len(available))
    wrong = wrong_contexts(task, count, draws, seed, size=size) if wrong_context else []
    drawn: list[Draw] = []
    for index in range(draws):
        context = select_pairs(available, count, "random", seed=stable_seed("draw", seed, index))
        predictor = Predictor(pipeline, context, task=task, sampling=sampling)
        mean = _mean(context, predictor)
        if wrong:
            name, others = wrong[index]
            control = Predictor(pipeline, others, task=task, sampling=sampling)
            drawn.append(Draw(predictor, mean, control, name))
        else:
            drawn.append(Draw(predictor, mean))
    return drawn


def pictures_of(cases: Sequence[Case], seeds: Sequence[int], draw: Draw) -> dict[str, Sequence[Clip]]:
    """Every system's pictures ``[T, S, S, 3]`` for a batch of cases, under one draw."""
    queries = [case.pair.input for case in cases]
    pictures: dict[str, Sequence[Clip]] = {
        MODEL: _answers(cases, seeds, draw.predictor),
        COPY: [copy_of_query(case.pair.input, len(case.pair.target)) for case in cases],
        MEAN: [_mean(case.context, draw.predictor) if case.context else draw.mean for case in cases],
    }
    if draw.wrong is not None:
        pictures[WRONG_CONTEXT] = list(draw.wrong.raw(queries, seeds))
    return pictures


def _answers(cases: Sequence[Case], seeds: Sequence[int], predictor: Predictor) -> list[Clip]:
    """The model's answers; cases with examples of their own can't share a batch."""
    if not any(case.context for case in cases):
        return list(predictor.raw([case.pair.input for case in cases], seeds))
    answers: list[Clip] = []
    for case, seed in zip(cases, seeds, strict=True):
        own = predictor
        if case.context:
            own = Predictor(predictor.pipeline, case.context, task=predictor.task, sampling=predictor.sampling)
        answers.append(own.raw([case.pair.input], [seed])[0])
    return answers


def _mean(context: Sequence[Pair], predictor: Predictor) -> Clip:
    resolution = predictor.pipeline.config.resolution
    return mean_of_targets(context, (resolution, resolution), resample_of(predictor.codec))
