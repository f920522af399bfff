"""Contexts in another rendering, and answers brought back from it."""

from __future__ import annotations

from pathlib import Path

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lavincli
from lavincli.cards.task import Task
from lavincli.cli.main import main
from lavincli.clip import Clip, Pair
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.evaluation.cases import Case
from lavincli.evaluation.evaluate import EvaluationSettings, evaluate_task
from lavincli.evaluation.items import ItemResult
from lavincli.evaluation.prediction_store import PredictionStore
from lavincli.evaluation.rendering import Rendering
from lavincli.evaluation.results import TaskResult
from lavincli.evaluation.results_folder import read_results
from lavincli.evaluation.table import results_table
from lavincli.evaluation.task_tally import Listeners, Shown
from lavincli.media.images import write_image
from lavincli.media.recolour import recolour
from lavincli.pipeline.pipeline import Pipeline
from lavincli.registry import task
from tests.small_tasks import picture

CARDS = {
    "drawn": "target: {codec: color_mask, color: [255, 255, 255]}\nmetrics: [mean_iou]\n"
    "data: {pictures: {loader: pair_folder, root: ../../masks}}\n",
    "undrawn": "reverse_of: drawn\nmetrics: [psnr]\n",
}
PICTURES = numpy_strategies.arrays(np.uint8, (1, 4, 4, 3))


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Masks of what is bright, white on black, as a task and its reverse."""
    root = tmp_path_factory.mktemp("drawn")
    for name, card in CARDS.items():
        (root / "tasks" / name).mkdir(parents=True)
        (root / "tasks" / name / "task.yaml").write_text(f"name: {name}\n{card}")
    for place, numbers in ((root / "masks", range(3)), (root / "tasks" / "drawn" / "context", range(10, 14))):
        for number in numbers:
            clip = picture(number)
            write_image(place / f"{number}_input.png", clip)
            write_image(place / f"{number}_target.png", np.where(clip[..., :1] > 127, np.uint8(255), 0).repeat(3, -1))
    return root / "tasks"


@pytest.fixture
def drawn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setenv("LAVIN_TASKS", str(folder))
    return task("drawn")


def _settings(variation: str) -> EvaluationSettings:
    return EvaluationSettings(draws=2, variation=variation)


@pytest.mark.parametrize("variation", ["inverted", "red", "inverted_cyan"])
def test_the_model_alone_sees_it(pipeline: Pipeline, drawn: Task, variation: str) -> None:
    """And its answer is scored as a plain one."""
    items: list[ItemResult] = []
    shown: list[Shown] = []
    listeners = Listeners(item=items.append, shown=shown.append)
    varied = evaluate_task(pipeline, drawn, _settings(variation), listeners=listeners)
    plain = evaluate_task(pipeline, drawn, _settings("plain"))
    assert (varied.variation, plain.variation, plain.followed) == (variation, "plain", None)
    assert varied.data_hash == plain.data_hash
    assert varied.contexts == plain.contexts
    one, other = varied.metrics["mean_iou"], plain.metrics["mean_iou"]
    assert one.baselines == other.baselines
    assert one.model != other.model
    follows = 0
    for item in shown:
        truth = _truth(pipeline, drawn, item.key)
        back = Rendering(drawn, variation).plain(item.prediction)
        scored = next(entry.scores["mean_iou"] for entry in items if (entry.key, entry.draw) == (item.key, 0))
        assert scored == pytest.approx(_mean_iou(drawn, back, truth))
        np.testing.assert_array_equal(item.truth, recolour(truth, variation))
        follows += bool(Rendering(drawn, variation).followed(item.prediction, Pair(item.key, item.query, truth)))
    assert varied.followed is not None
    assert follows / 6 <= varied.followed <= (follows + 3) / 6


def _truth(pipeline: Pipeline, drawn: Task, key: str) -> Clip:
    sample = next(sample for sample in drawn.samples() if sample.key == key)
    return drawn.pair(sample, size=pipeline.config.resolution).target


def _mean_iou(drawn: Task, answer: Clip, truth: Clip) -> float:
    metric = drawn.metrics["mean_iou"]
    metric.update(drawn.codec.decode(answer), drawn.codec.decode(truth), query=answer)
    return metric.compute()["mean_iou"]


def test_an_answer_follows_by_its_colours_not_by_its_brightness(drawn: Task) -> None:
    mask = np.where(picture(1)[..., :1] > 127, np.uint8(255), np.uint8(0)).repeat(3, -1)
    pair, faint = Pair("a", picture(1), mask), (mask // 5 + 3).astype(np.uint8)
    for variation in ("red", "inverted", "inverted_cyan"):
        rendering = Rendering(drawn, variation)
        assert rendering.followed(faint, pair) is False
        assert rendering.followed(recolour(faint, variation), pair) is True
        assert rendering.followed(np.zeros_like(faint), pair) is False
    assert Rendering(drawn, "gbr").followed(faint, pair) is None
    assert Rendering(task("undrawn"), "red").followed(faint, pair) is None


def test_answers_of_renderings_are_kept_apart(pipeline: Pipeline, drawn: Task, tmp_path: Path) -> None:
    store, results = PredictionStore(tmp_path), list[TaskResult]()
    for variation, kept in (("plain", 6), ("inverted", 12), ("plain", 12), ("inverted", 12)):
        results.append(evaluate_task(pipeline, drawn, _settings(variation), store=store))
        assert len(list(tmp_path.rglob("*.png"))) == kept
    plain, inverted, *again = (result.model_copy(update={"seconds": 0.0}) for result in results)
    assert again == [plain, inverted]


def test_a_reverse_task_is_asked_in_that_rendering(pipeline: Pipeline, drawn: Task) -> None:
    """Its query is the annotation; its answer is a photo, and stays as it is."""
    shown: dict[str, list[Shown]] = {"plain": [], "inverted": []}
    results = [
        evaluate_task(pipeline, task("undrawn"), _settings(name), listeners=Listeners(shown=into.append))
        for name, into in shown.items()
    ]
    assert results[1].followed is None
    assert results[0].metrics["psnr"].baselines == results[1].metrics["psnr"].baselines
    for plain, inverted in zip(*shown.values(), strict=True):
        np.testing.assert_array_equal(inverted.query, recolour(plain.query, "inverted"))
        np.testing.assert_array_equal(inverted.truth, plain.truth)
        assert not np.array_equal(inverted.prediction, plain.prediction)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(source=PICTURES, target=PICTURES, name=st.sampled_from(["plain", "inverted", "gbr", "brg", "bgr", "grb", "rbg"]))
def test_pairs_and_items_are_drawn_alike(drawn: Task, source: Clip, target: Clip, name: str) -> None:
    rendering, pair = Rendering(drawn, name), Pair("a", source, target)
    (shown,) = rendering.pairs([pair])
    np.testing.assert_array_equal(shown.input, source)
    np.testing.assert_array_equal(rendering.plain(shown.target), target)
    case = rendering.case(Case(pair, source, None, (pair,)))
    for drawn_pair in (case.pair, *case.context):
        np.testing.assert_array_equal(drawn_pair.target, shown.target)
    np.testing.assert_array_equal(case.query, source)


def test_what_has_no_other_rendering(pipeline: Pipeline, drawn: Task) -> None:
    coloured = Pair("a", picture(1), picture(2))
    with pytest.raises(ConfigError, match="variation red: drawn can't be read from it"):
        Rendering(drawn, "red").pairs([coloured])
    with pytest.raises(ConfigError, match="the target of denoising is a picture to look at"):
        evaluate_task(pipeline, task("denoising"), _settings("inverted"))
    with pytest.raises(UnknownNameError, match="did you mean 'inverted'"):
        _settings("invertet")


def test_a_study_of_renderings(
    drawn: Task, tiny_model_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["eval", "--task", drawn.name, "--model", str(tiny_model_directory), "--device", "cpu", "--draws", "1"]
    assert main([*asked, "--sweep", "variation=plain,inverted", "-o", str(tmp_path), "--pictures", "0"]) == 0
    assert "drawn: annotations shown inverted; " in capsys.readouterr().out
    found = [read_results(tmp_path / f"variation={name}").tasks[0] for name in ("plain", "inverted")]
    assert [result.variation for result in found] == ["plain", "inverted"]
    assert "inverted" not in str(results_table(found[:1], title="").caption)
