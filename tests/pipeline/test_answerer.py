"""Contexts chosen for each query, and ensembles, with a small random model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lavincli
from lavincli.cards.card import TaskCard
from lavincli.clip import Clip, Pair
from lavincli.context.choice import ContextChoice
from lavincli.context.seeds import stable_seed
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import make_answerer, predict
from lavincli.pipeline.predictor import Predictor
from tests.small_tasks import picture

PAIRS = [Pair(f"pair{number}", picture(50 + number, 32, 32), 255 - picture(50 + number, 32, 32)) for number in range(6)]


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


def _near(one: Clip, other: Clip) -> bool:
    return one.shape == other.shape and int(np.abs(one.astype(int) - other).max()) <= 1


def test_each_query_gets_its_nearest_pairs(pipeline: Pipeline) -> None:
    """The answers are those of predictors made by hand, in the order of the queries."""
    queries = [PAIRS[4].input, picture(1, 20, 30), PAIRS[1].input, picture(2, 32, 32)]
    answers = predict(pipeline, queries, PAIRS, select="nearest", pairs=2, seed=[1, 2, 3, 4])
    assert "pair4" in answers[0].context
    assert "pair1" in answers[2].context
    assert len({answer.context for answer in answers}) > 1
    for answer, query in zip(answers, queries, strict=True):
        pairs = [pair for pair in PAIRS if pair.key in answer.context]
        assert _near(answer.rgb, Predictor(pipeline, pairs).answer([query], [answer.seed])[0].rgb)


def test_an_ensemble_is_the_mean_of_its_answers(pipeline: Pipeline) -> None:
    query = picture(3, 24, 40)
    answer = predict(pipeline, query, PAIRS, pairs=2, ensemble=3, seed=5)
    assert len(answer.contexts) == len(set(answer.contexts)) == 3
    assert answer.context == answer.contexts[0] == ("pair0", "pair1")
    by_key = {pair.key: pair for pair in PAIRS}
    alone = [
        Predictor(pipeline, [by_key[key] for key in context]).answer([query], [seed])[0]
        for context, seed in zip(
            answer.contexts, (5, stable_seed("ensemble", 5, 1), stable_seed("ensemble", 5, 2)), strict=True
        )
    ]
    np.testing.assert_array_equal(answer.raw, alone[0].raw)
    mean = np.mean([one.rgb for one in alone], axis=0)
    assert np.abs(answer.rgb - mean).max() <= 1.01
    assert len({one.rgb.tobytes() for one in alone}) == 3


def test_an_ensemble_of_masks_votes(pipeline: Pipeline, small_tasks: Path) -> None:
    query = picture(3, 24, 40)
    answerer = make_answerer(pipeline, "small_mask", ensemble=3)
    (unfinished,) = answerer.compute([query], [0])
    members = [
        predictor.finish(query, raw, 0, size=(24, 40)).value
        for predictor, raw in zip(unfinished.predictors, unfinished.raws, strict=True)
    ]
    voted = answerer.finish(unfinished)
    np.testing.assert_array_equal(voted.value, np.sum(members, axis=0) >= 2)
    np.testing.assert_array_equal(voted.rgb, answerer.codec.render(voted.value))


def test_batches_change_no_answer(pipeline: Pipeline) -> None:
    queries = [picture(number, 32, 32) for number in range(5)]
    answerer = make_answerer(pipeline, PAIRS, select="nearest", ensemble=2)
    together = answerer.answer(queries, [3, 1, 4, 1, 5])
    for query, seed, batched in zip(queries, [3, 1, 4, 1, 5], together, strict=True):
        (alone,) = answerer.answer([query], [seed])
        assert alone.contexts == batched.contexts
        assert _near(alone.rgb, batched.rgb)


def test_queries_can_be_given_the_contexts_of_one(pipeline: Pipeline) -> None:
    answerer = make_answerer(pipeline, PAIRS, select="nearest", pairs=1)
    computed = answerer.compute([PAIRS[0].input, PAIRS[1].input, PAIRS[2].input], [0, 0, 0], like=PAIRS[3].input)
    assert [one.context for one in computed] == [("pair3",)] * 3


def test_the_fingerprint_tells_what_decides_an_answer(pipeline: Pipeline) -> None:
    base = make_answerer(pipeline, PAIRS)
    assert base.fingerprint == base.predictor.fingerprint == make_answerer(pipeline, PAIRS[:2]).fingerprint
    ways = [
        base,
        make_answerer(pipeline, PAIRS, select="nearest"),
        make_answerer(pipeline, PAIRS[:5], select="nearest"),
        make_answerer(pipeline, PAIRS, ensemble=2),
        make_answerer(pipeline, PAIRS, ensemble=2, seed=1),
        make_answerer(pipeline, PAIRS, guidance=2.0),
        make_answerer(pipeline, PAIRS, select="nearest", guidance=2.0),
    ]
    assert len({answerer.fingerprint for answerer in ways}) == len(ways)


def test_answers_that_cannot_be_averaged_are_refused_before_any_work(pipeline: Pipeline) -> None:
    class Words:
        """A codec that can do the least."""

        def __init__(self) -> None:
            self.decode = self.render = self.save = lambda *given, **named: None

    class Spelling:
        codec = input_codec = Words()
        name = "spelling"
        card = TaskCard.model_validate({"name": name, "target": {"codec": "rgb"}, "metrics": ["psnr"]})

    with pytest.raises(ConfigError, match="ensemble of 2: answers of spelling can't be averaged"):
        Answerer(pipeline, ContextChoice(PAIRS, 1, ensemble=2), task=Spelling())  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean 'nearest'"):
        predict(pipeline, picture(1), PAIRS, select="nearst")
