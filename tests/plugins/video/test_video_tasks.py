from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lavincli.media.video import write_video
from lavincli.registry import task as find_task
from tests.plugins.video.made_data_sets import CLIP, write_davis, write_kubric_scene

TARGETS = {
    "frame_prediction": (13, 32, 32, 3),
    "video_depth": (13, 32, 32),
    "video_normals": (13, 32, 32, 3),
    "video_optical_flow": (13, 32, 32, 2),
    "video_instance_segmentation": (13, 32, 32),
    "depth_to_video": (13, 32, 32, 3),
    "normal_to_video": (13, 32, 32, 3),
    "video_colorization": (13, 32, 32, 3),
    "video_deblurring": (13, 32, 32, 3),
    "video_inpainting": (13, 32, 32, 3),
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("data")
    write_kubric_scene(root / "movi" / "0")
    write_davis(root / "davis", {"a": 13}, train="a", val="a")
    write_video(root / "videos" / "a.mp4", CLIP)
    for frame in range(1, 3):  # 25 frames and more
        write_video(root / "videos" / f"{frame}.mp4", np.concatenate([CLIP, CLIP[:frame]]))
    return {name: root / name for name in ("movi", "davis", "videos")}


@pytest.mark.parametrize("name", TARGETS)
def test_truth_is_perfect_on_data_on_disk(name: str, roots: dict[str, Path]) -> None:
    task = find_task(name)
    assert task.datasets[:2] == ["scenes", "movi"]
    for dataset in task.datasets[1:]:
        sample = task.samples(dataset, roots[dataset])[0]
        pair = task.pair(sample, size=32)
        assert pair.input.shape == pair.target.shape == (13, 32, 32, 3)
        query, truth = task.whole(sample) or (pair.input, task.native_target(sample, size=32))
        if not sample.whole:
            assert truth.shape == TARGETS[name]
        for metric in task.metrics.values():
            metric.update(truth, truth, query=query)
            perfect = getattr(metric, "perfect", {})
            for key, score in metric.compute().items():
                expected = perfect.get(key, float(metric.higher_is_better[key]))
                assert score == pytest.approx(expected, abs=1e-6)


def test_what_follows_begins_with_what_is_known(roots: dict[str, Path]) -> None:
    for dataset in ("movi", "videos"):
        task = find_task("frame_prediction")
        pair = task.pair(task.samples(dataset, roots[dataset])[0], size=32)
        np.testing.assert_array_equal(pair.input[-1], pair.target[0])


def test_inputs_of_restoration_are_what_they_say(roots: dict[str, Path]) -> None:
    def made(name: str) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], ...]:
        task = find_task(name)
        pair = task.pair(task.samples("movi", roots["movi"])[0], size=32)
        return pair.input, pair.target

    gray, _ = made("video_colorization")
    assert (gray == gray[..., :1]).all()
    holed, whole = made("video_inpainting")
    hole = (holed != whole).any(axis=(0, 3))
    assert 56 <= hole.sum() <= 64
    assert (holed[:, hole] == 127).all()
    # Each frame is shaken in its own way.
    still = np.repeat(np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8), 3, axis=0)
    first, second, third = find_task("video_deblurring").input_from(still, key="still")
    assert (first != second).any()
    assert (second != third).any()


def test_depth_of_clips_is_dark_near_and_light_far(roots: dict[str, Path]) -> None:
    task = find_task("video_depth")
    pair = task.pair(task.samples("movi", roots["movi"])[0], size=32)
    assert pair.target[0, 0, 0].tolist() == [0, 0, 0]
    assert pair.target[-1, -1, -1].tolist() == [255, 255, 255]


def test_predicted_objects_are_scored_at_their_own_size(roots: dict[str, Path]) -> None:
    task = find_task("video_instance_segmentation")
    sample = task.samples("davis", roots["davis"])[0]
    whole = task.whole(sample)
    assert whole is not None
    query, truth = whole
    assert query.shape[1:3] == truth.shape[1:3] == (16, 20)
    assert (np.unique(truth) == [-1, 0, 1, 2]).all()
