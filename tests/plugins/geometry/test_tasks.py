from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lavin_geometry.flo import read_flo
from lavin_geometry.normal_angles import NormalAngles

import lavincli
from lavincli.cards.check import check_task
from lavincli.evaluation.evaluate import EvaluationSettings, evaluate_task
from lavincli.media.images import write_image
from tests.plugins.geometry.pictures import as_jpeg, photo, write_gray_16, write_png_16


def through_jpeg(name: str, size: int, count: int = 3) -> list[tuple[Any, Any]]:
    """Truths of embedded scenes, and what comes back of them from JPEG at quality 90 with halved colour resolution."""
    task = lavincli.tasks()[name]
    samples = task.samples(size=size)
    truths = [task.native_target(samples[index], size=size) for index in range(count)]
    return [(task.codec.decode(as_jpeg(task.codec.render(truth), 2)), truth) for truth in truths]


@pytest.mark.parametrize("size", [128, 256])
def test_scenes_survive_jpeg(size: int) -> None:
    """The averages over scenes full of small things; smooth ones are held to more in the tests of each codec."""
    depth = [
        np.abs(found - (truth - truth.min()) / np.ptp(truth)).mean()
        for found, truth in through_jpeg("depth_estimation", size)
    ]
    assert np.mean(depth) < 1 / 255
    normals = NormalAngles()
    for found, truth in through_jpeg("normal_estimation", size):
        normals.update(found, truth)
    # At 128 pixels a thing two pixels thin has no colour of its own left.
    assert normals.compute()["normal_mean"] < (2 if size > 128 else 3.5)
    assert normals.compute()["normal_median"] < 1
    flow = [
        np.linalg.norm(found - truth, axis=2).mean() / np.linalg.norm(truth, axis=2).max()
        for found, truth in through_jpeg("optical_flow", size)
    ]
    assert np.mean(flow) < 0.03


def write_kitti(root: Path) -> None:
    for number in range(6):
        for moment in (10, 11):
            write_image(root / "training" / "image_2" / f"{number:06d}_{moment}.png", photo(number + moment, 20, 60))
        stored = np.full((20, 60, 3), (2**15 + 64 * 6, 2**15 - 64, 1), dtype=np.uint16)
        stored[:8, :, 2] = 0
        write_png_16(root / "training" / "flow_occ" / f"{number:06d}_10.png", stored)


def write_nyuv2(root: Path) -> None:
    write_image(root / "test" / "office" / "rgb_0001.png", photo(0, 480, 640))
    depth = np.broadcast_to(np.arange(640, dtype=np.uint16) * 5 + 1000, (480, 640))
    write_gray_16(root / "test" / "office" / "depth_0001.png", depth)


@pytest.mark.parametrize(
    ("name", "dataset", "write", "shape"),
    [
        ("optical_flow", "kitti", write_kitti, (20, 60)),
        ("depth_estimation", "nyuv2", write_nyuv2, (480, 640)),
        ("depth_to_image", "nyuv2", write_nyuv2, (480, 640)),
    ],
)
def test_benchmarks_pass_the_check_and_are_scored_whole(
    name: str,
    dataset: str,
    write: Callable[[Path], None],
    shape: tuple[int, int],
    tmp_path: Path,
    tiny_model_directory: Path,
) -> None:
    write(tmp_path)
    task = lavincli.tasks()[name]
    checks = check_task(task, {dataset: tmp_path}, size=64, limit=1)
    assert [check for check in checks if not check.ok] == []
    whole = task.whole(task.samples(dataset, tmp_path)[0])
    assert whole is not None
    assert whole[0].shape[1:3] == shape
    result = evaluate_task(
        lavincli.load(tiny_model_directory, device="cpu"),
        task,
        EvaluationSettings(draws=1, pairs=1, limit=1),
        dataset=dataset,
        root=tmp_path,
    )
    assert result.items == 1
    assert not result.failures
    assert set(result.metrics) == set(task.higher_is_better)


def test_an_answer_stretched_to_the_frames_own_size_is_flow_in_their_pixels(tmp_path: Path) -> None:
    task = lavincli.tasks()["optical_flow"]
    truth = task.native_target(task.samples(size=128)[0], size=128)
    wide = np.repeat(task.codec.render(truth), 2, axis=2)
    (file,) = task.codec.save(task.codec.decode(wide), tmp_path / "answer")
    expected = np.repeat(truth, 2, axis=1) * (2, 1)
    error = np.linalg.norm(read_flo(file) - expected, axis=2)
    assert error.mean() < 0.02 * np.linalg.norm(expected, axis=2).max()
