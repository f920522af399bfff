"""Items that a protocol judges whole and at their own size, and items with examples of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import lavincli
from lavincli.cards.sides import swapped
from lavincli.cards.task import Task
from lavincli.clip import Sample
from lavincli.evaluation.answers import Answers, one_thread
from lavincli.evaluation.baselines import COPY
from lavincli.evaluation.cases import make_case
from lavincli.evaluation.draws import draw_contexts, pictures_of
from lavincli.evaluation.evaluate import EvaluationSettings, evaluate_task
from lavincli.evaluation.items import ItemResult
from lavincli.evaluation.scoring import MODEL
from lavincli.evaluation.task_tally import Listeners
from lavincli.media.geometry import resize
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import predict
from lavincli.registry import task as find_task
from tests.small_tasks import picture

Give = Callable[[Sequence[Sample]], None]
ONCE = EvaluationSettings(draws=1)


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch, small_tasks: Path) -> Give:
    """Makes samples those of every data set."""
    return lambda samples: monkeypatch.setattr(Task, "samples", lambda *_, **__: samples)


def negative(number: int, height: int, width: int) -> Sample:
    clip = picture(number, height, width)
    return Sample(f"{number}.png", input=clip, target=255 - clip)


def mean_squared_error(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.mean((one / 255.0 - other / 255.0) ** 2))


def test_a_whole_item_is_scored_at_its_own_size(pipeline: Pipeline, give: Give) -> None:
    sample = dataclasses.replace(negative(1, 30, 70), whole=True)
    give([sample])
    items: list[ItemResult] = []
    evaluate_task(pipeline, find_task("small_negative"), ONCE, listeners=Listeners(item=items.append))
    squeezed = resize(resize(sample.input, (32, 32)), (30, 70), "bicubic")
    assert items[0].baselines[COPY]["mse"] == pytest.approx(mean_squared_error(squeezed, sample.target))


def test_a_drawn_whole_item_is_decoded_at_its_own_size(pipeline: Pipeline, give: Give) -> None:
    mask = picture(1, 30, 70)[..., 0] > 127
    drawn = (mask[..., None] * np.array([0, 255, 0])).astype(np.uint8)
    sample = Sample("a", input=picture(2, 30, 70), target=drawn, whole=True, drawn=True)
    case = make_case(find_task("small_mask"), sample, 32, 0)
    np.testing.assert_array_equal(case.target, mask[0])
    assert case.query.shape == (1, 30, 70, 3)
    assert case.pair.input.shape == (1, 32, 32, 3)


def test_an_item_is_answered_with_its_own_examples(pipeline: Pipeline, give: Give) -> None:
    task = find_task("small_negative")
    plain = negative(1, 32, 32)
    examples = tuple(negative(number, 32, 32) for number in (7, 8))
    own = dataclasses.replace(negative(2, 32, 32), context=examples)
    cases = [make_case(task, sample, 32, 0) for sample in (plain, own)]
    (draw,) = draw_contexts(pipeline, task, EvaluationSettings(pairs=2, draws=1))
    plain_answer, own_answer = pictures_of(cases, [5, 6], draw, Answers(None, 8))[MODEL]
    pairs = [task.pair(example, size=32) for example in examples]
    with one_thread(pipeline):
        expected = predict(pipeline, plain.input, list(draw.predictor.context), seed=5)
        with_its_own = predict(pipeline, own.input, pairs, seed=6)
        with_others = predict(pipeline, own.input, list(draw.predictor.context), seed=6)
    np.testing.assert_array_equal(plain_answer, expected.raw)
    np.testing.assert_array_equal(own_answer, with_its_own.raw)
    assert (own_answer != with_others.raw).any()


def test_the_reverse_of_whole_items_with_examples(pipeline: Pipeline, give: Give, tmp_path: Path) -> None:
    folder = tmp_path / "reverse"
    folder.mkdir()
    (folder / "task.yaml").write_text("name: reverse\nreverse_of: small_negative\nmetrics: [mse]\n")
    example = negative(7, 32, 32)
    sample = dataclasses.replace(negative(1, 30, 70), whole=True, context=(example,))
    give([sample])
    task = find_task(folder)
    case = make_case(task, swapped(sample), 32, 0)
    np.testing.assert_array_equal(case.query, sample.target)
    np.testing.assert_array_equal(case.target, sample.input)
    np.testing.assert_array_equal(case.context[0].input, example.target)
