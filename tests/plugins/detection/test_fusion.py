"""Boxes, people and maps of several answers, made one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lavin_recognition.boxes_fusion import fuse_boxes
from lavin_recognition.skeleton_fusion import fuse_people

from lavincli.abilities import Averageable
from lavincli.natives import Boxes, People
from lavincli.registry import registry, tasks

SIZE = (100, 100)


def _boxes(*rows: tuple[float, float, float, float, float]) -> Boxes:
    array = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Boxes.of(array[:, :4], SIZE, scores=array[:, 4])


def test_boxes_that_overlap_become_one_weighted_by_their_scores() -> None:
    fused = fuse_boxes([_boxes((10, 10, 20, 20, 0.9)), _boxes((14, 10, 20, 20, 0.3)), _boxes((60, 60, 30, 30, 0.9))])
    np.testing.assert_allclose(fused.xywh, [[11, 10, 20, 20], [60, 60, 30, 30]], atol=1e-4)
    np.testing.assert_allclose(fused.scores, [0.6 * 2 / 3, 0.9 / 3], atol=1e-6)
    assert fused.size == SIZE


def test_two_boxes_of_one_answer_stay_two() -> None:
    fused = fuse_boxes([_boxes((10, 10, 20, 20, 0.9), (11, 11, 20, 20, 0.8))] * 2)
    assert len(fused) == 2
    np.testing.assert_allclose(fused.scores, [0.9, 0.8], atol=1e-6)
    np.testing.assert_allclose(fused.xywh, [[10, 10, 20, 20], [11, 11, 20, 20]], atol=1e-4)


def test_nothing_found_is_nothing() -> None:
    assert len(fuse_boxes([_boxes(), _boxes()])) == 0
    nobody = People(np.zeros((0, 17, 3), np.float32), _boxes())
    assert len(fuse_people([nobody, nobody])) == 0


def test_people_that_overlap_become_one() -> None:
    """A joint that half of those who saw the person saw is kept, at the mean of their places."""

    def person(shift: float, score: float, *, wrist: bool) -> People:
        joints = np.zeros((1, 17, 3), dtype=np.float32)
        joints[0, :9] = [[30 + shift, 20 + joint, 2] for joint in range(9)]
        if wrist:
            joints[0, 9] = [50 + shift, 40, 2]
        return People(joints, _boxes((20 + shift, 10, 40, 60, score)))

    fused = fuse_people([person(0, 0.8, wrist=True), person(2, 0.8, wrist=True), person(4, 0.8, wrist=False)])
    assert len(fused) == 1
    np.testing.assert_allclose(fused.joints[0, 0], [32, 20, 2], atol=1e-4)
    np.testing.assert_allclose(fused.joints[0, 9], [51, 40, 2], atol=1e-4)
    assert (fused.joints[0, 10:] == 0).all()
    np.testing.assert_allclose(fused.boxes.xywh, [[22, 10, 40, 60]], atol=1e-4)
    np.testing.assert_allclose(fused.boxes.scores, [0.8], atol=1e-6)
    alone = fuse_people([person(0, 0.8, wrist=False), People(np.zeros((0, 17, 3), np.float32), _boxes())])
    np.testing.assert_allclose(alone.boxes.scores, [0.4], atol=1e-6)


def test_every_task_can_answer_as_an_ensemble() -> None:
    assert {name for name, task in tasks().items() if not isinstance(task.codec, Averageable)} == set()


@pytest.mark.parametrize("name", ["filled_box", "boxes", "edge_map", "color_mask", "panoptic", "inverse_depth", "rgb"])
def test_an_average_of_one_answer_is_that_answer(name: str) -> None:
    codec = registry().block("codecs", name)()
    random = np.random.default_rng(0)
    values: dict[str, Any] = {
        "filled_box": _boxes((10, 10, 20, 20, 0.5)),
        "boxes": _boxes((10, 10, 20, 20, 0.5), (60, 60, 20, 20, 0.25)),
        "edge_map": random.random((8, 8)).astype(np.float32),
        "color_mask": random.random((8, 8)) > 0.5,
        "panoptic": random.integers(0, 4, (8, 8)).astype(np.int32),
        "inverse_depth": random.random((8, 8)).astype(np.float32),
        "rgb": random.integers(0, 256, (1, 8, 8, 3), dtype=np.uint8),
    }
    for count in (1, 3):
        average = codec.average([values[name]] * count)
        if isinstance(average, Boxes):
            np.testing.assert_allclose(average.xywh, values[name].xywh, atol=1e-5)
            np.testing.assert_allclose(average.scores, values[name].scores, atol=1e-6)
        else:
            np.testing.assert_allclose(average, values[name], atol=1e-6)
            assert average.dtype == values[name].dtype


def test_normals_average_to_unit_vectors() -> None:
    codec = registry().block("codecs", "normals")()
    left, up = np.zeros((2, 2, 3), np.float32), np.zeros((2, 2, 3), np.float32)
    left[..., 0], up[..., 1] = 1, 1
    up[0, 0] = np.nan
    average = codec.average([left, up])
    np.testing.assert_allclose(average[1, 1], [2**-0.5, 2**-0.5, 0], atol=1e-6)
    np.testing.assert_allclose(average[0, 0], [1, 0, 0], atol=1e-6)
    assert np.isnan(codec.average([left, -left])).all()
