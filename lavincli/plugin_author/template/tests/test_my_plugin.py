"""The codec as a round trip, the metric on known cases, and the task as `lavin tasks check` sees it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from lavincli.cards.check import check_task
from lavincli.cards.framing import Frame
from lavincli.registry import task

from lavin_my_plugin.count_error import CountError
from lavin_my_plugin.dots import dots
from lavin_my_plugin.points import Points, PointsCodec


def points(*places: tuple[float, float], size: int = 64) -> Points:
    return Points(np.array(places, dtype=np.float32).reshape(-1, 2), (size, size))


def test_points_survive_being_a_noisy_picture() -> None:
    truth = points((10, 20), (50.5, 33.5))
    noise = np.random.default_rng(0).normal(0, 10, (1, 64, 64, 3))
    rgb = np.clip(PointsCodec().render(truth) + noise, 0, 255).astype(np.uint8)
    found = PointsCodec().decode(rgb)
    np.testing.assert_allclose(found.places, truth.places, atol=0.5)
    assert len(PointsCodec().decode(PointsCodec().render(points())).places) == 0


def test_points_are_cut_and_mirrored_with_the_picture() -> None:
    cut = PointsCodec().cut(points((10, 20)), Frame(mirrored=True), 128)
    np.testing.assert_allclose(cut.places, [[108, 40]])


def test_points_are_saved_as_json(tmp_path: Path) -> None:
    (path,) = PointsCodec().save(points((10, 20)), tmp_path / "answer")
    assert json.loads(path.read_text()) == {"count": 1, "places": [[10, 20]]}


def test_count_error_is_the_mean_over_the_items() -> None:
    metric = CountError()
    metric.update(points((1, 1), (9, 9)), points())
    metric.update(points((1, 1)), points((5, 5)))
    assert metric.compute() == {"count_error": 1.0}


@pytest.mark.parametrize("split", ["train", "test"])
def test_samples_depend_on_their_index_alone(split: str) -> None:
    samples = dots(None, split)
    assert (samples[3].input == samples[3].input).all()
    assert (samples[3].input != samples[4].input).any()


def test_the_task_is_in_order() -> None:
    assert [check for check in check_task(task("my_plugin")) if not check.ok] == []
