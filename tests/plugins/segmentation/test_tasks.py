"""The cards of segments, edges and foregrounds, on data sets as they lie on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.panoptic_files import ids_to_rgb
from PIL import Image
from scipy.io import savemat

from lavincli.cards.check import check_task
from lavincli.cards.framing import Frame
from lavincli.media.images import write_image
from lavincli.registry import task
from tests.plugins.segmentation.made_segments import patchwork
from tests.small_tasks import picture

HEIGHT, WIDTH = 150, 200


def write_bsds500(root: Path) -> None:
    segments = patchwork(WIDTH, 0, cells=5, thin=0)[:HEIGHT]
    drawn = [np.diff(segments, axis=0, append=segments[-1:]) != 0, np.diff(segments, axis=1, append=0) != 0]
    cells = np.empty((1, 2), dtype=object)
    cells[0, :] = [
        {"Segmentation": segments.astype(np.uint16), "Boundaries": edges.astype(np.uint8)} for edges in drawn
    ]
    write_image(root / "images" / "test" / "1.jpg", picture(0, HEIGHT, WIDTH))
    (root / "groundTruth" / "test").mkdir(parents=True)
    savemat(root / "groundTruth" / "test" / "1.mat", {"groundTruth": cells})


def write_coco_panoptic(root: Path) -> None:
    segments = patchwork(WIDTH, 1, cells=6, thin=1)[:HEIGHT]
    write_image(root / "val2017" / "1.jpg", picture(1, HEIGHT, WIDTH))
    folder = root / "annotations" / "panoptic_val2017"
    folder.mkdir(parents=True)
    Image.fromarray(ids_to_rgb(segments)).save(folder / "1.png")
    infos = [{"id": int(number), "iscrowd": 0} for number in np.unique(segments) if number]
    entry = {"image_id": 1, "file_name": "1.png", "segments_info": infos}
    content = {"images": [{"id": 1, "file_name": "1.jpg"}], "annotations": [entry]}
    (root / "annotations" / "panoptic_val2017.json").write_text(json.dumps(content))


def write_voc2012(root: Path) -> None:
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("a\nb\n")
    (root / "SegmentationClass").mkdir()
    for number, name in enumerate("ab"):
        write_image(root / "JPEGImages" / f"{name}.jpg", picture(number, HEIGHT, WIDTH))
        mask = Image.fromarray(np.where(patchwork(WIDTH, number)[:HEIGHT] < 5, 8, 255).astype(np.uint8)).convert("P")
        mask.save(root / "SegmentationClass" / f"{name}.png")


@pytest.mark.parametrize(
    ("name", "dataset", "write"),
    [
        ("edge_detection", "bsds500", write_bsds500),
        ("edge_to_image", "bsds500", write_bsds500),
        ("panoptic_segmentation", "coco", write_coco_panoptic),
        ("panoptic_to_image", "coco", write_coco_panoptic),
        ("foreground_segmentation", "pascal_5i_1", write_voc2012),
    ],
)
def test_truth_is_perfect_on_data_as_they_lie_on_disk(
    tmp_path: Path, name: str, dataset: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path)
    checks = {check.what: check for check in check_task(task(name), {dataset: tmp_path}, size=128, limit=1)}
    assert checks[f"data {dataset}"].ok, checks[f"data {dataset}"].detail
    assert checks["card"].ok
    sample = task(name).samples(dataset, tmp_path)[0]
    assert sample.whole
    pair = task(name).pair(sample, size=64)
    assert pair.input.shape == pair.target.shape == (1, 64, 64, 3)


def test_an_episode_brings_its_own_example(tmp_path: Path) -> None:
    write_voc2012(tmp_path)
    foreground = task("foreground_segmentation")
    (sample, *_) = foreground.samples("pascal_5i_1", tmp_path)
    (example,) = foreground.context_of(sample, size=64)
    assert set(np.unique(example.target)) == {0, 255}
    assert example.target[0, ..., 0].any()
    assert sample.meta["support"] in example.key


def test_truths_are_cut_before_they_are_drawn() -> None:
    panoptic = task("panoptic_segmentation")
    sample = panoptic.samples("scenes", size=96)[0]
    truth = panoptic.native_target(sample, size=64)
    np.testing.assert_array_equal(truth, Frame().pick(sample.target, 64))
    np.testing.assert_array_equal(panoptic.pair(sample, size=64).target, panoptic.codec.render(truth))
