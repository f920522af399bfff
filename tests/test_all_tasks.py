"""Every task that lavin ships, and what a model that has not learned it may answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lavincli
from lavincli.cards.task import Task
from lavincli.clip import Clip, Pair
from lavincli.evaluation.evaluate import EvaluationSettings, evaluate_task
from lavincli.pipeline.pipeline import Pipeline
from lavincli.registry import registry

FOLDERS = sorted(card.parent for card in (Path(__file__).resolve().parents[1] / "tasks").glob("*/task.yaml"))
NAMES = [folder.name for folder in FOLDERS]
THE_PAPERS = {
    *("colorization", "inpainting", "deraining", "gaussian_deblurring", "motion_deblurring", "edge_detection"),
    *("object_detection", "panoptic_segmentation", "pose_estimation", "depth_estimation", "normal_estimation"),
    *("depth_to_image", "normal_to_image", "pose_to_image", "foreground_segmentation", "single_object_detection"),
    *("frame_prediction", "video_depth", "video_normals", "video_optical_flow", "video_instance_segmentation"),
    *("depth_to_video", "normal_to_video"),
}


def test_the_papers_tasks_are_there() -> None:
    assert set(NAMES) >= THE_PAPERS
    assert set(lavincli.tasks()) == set(NAMES)


def test_nothing_is_wrong_with_the_plugins_that_make_them() -> None:
    registry().collect_everything()
    assert {name: plugin.problems for name, plugin in registry().plugins.items() if plugin.problems} == {}


@pytest.mark.parametrize("name", NAMES)
def test_its_context_can_be_encoded_and_is_of_one_size(name: str) -> None:
    pairs = lavincli.tasks()[name].context_pairs()
    assert 4 <= len(pairs) <= 8
    assert {side.shape[1:3] for pair in pairs for side in (pair.input, pair.target)} == {(256, 256)}
    assert all(len(side) % 4 == 1 for pair in pairs for side in (pair.input, pair.target))


def answers(pair: Pair) -> Iterator[Clip]:
    """What a model that has not learned the task may answer: nothing, anything, the query, a blur of the truth."""
    shape = pair.target.shape
    yield np.zeros(shape, np.uint8)
    yield np.full(shape, 255, np.uint8)
    yield np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    yield np.broadcast_to(pair.input[-1:], shape).copy()
    yield ((pair.target.astype(np.uint16) + pair.target.mean().astype(np.uint16)) // 2).astype(np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_any_answer_can_be_decoded_scored_and_saved(name: str, tmp_path: Path) -> None:
    task: Task = lavincli.tasks()[name]
    (loader, *_) = ((task.forward or task).card.data[name].loader for name in task.datasets)
    # Scenes are drawn no larger than they are looked at here.
    options: dict[str, Any] = {"size": 64} if loader == "scenes" else {}
    sample = task.samples(**options)[0]
    pair = task.pair(sample, size=64)
    truth = task.native_target(sample, size=64)
    context = task.context_pairs(64)[:2]
    for number, answer in enumerate(answers(pair)):
        value = task.codec.decode(answer, context=context, query=pair.input)
        for metric in task.metrics.values():
            metric.update(value, truth, query=pair.input)
            scores = metric.compute()
            assert set(scores) == set(metric.higher_is_better)
            # A picture that is the truth by chance has no noise, and an infinite PSNR.
            assert not any(math.isnan(score) for score in scores.values())
        files = task.codec.save(value, tmp_path / f"{number}.of")
        assert files
        assert all(file.is_file() for file in files)


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


@pytest.mark.parametrize("name", NAMES)
def test_a_model_can_be_evaluated_on_it(name: str, pipeline: Pipeline) -> None:
    """Stills and clips, with the examples that travel with the task, from data to scores."""
    result = evaluate_task(pipeline, lavincli.tasks()[name], EvaluationSettings(draws=1, limit=1))
    assert (result.items, result.failures) == (1, [])
    assert result.headline in result.metrics
