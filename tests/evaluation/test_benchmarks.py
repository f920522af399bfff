"""Benchmarks as they lie on disk, small: each runs its whole protocol through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from lavin_geometry.flo import write_flo
from PIL import Image
from scipy.io import savemat

from lavincli.cli.main import main
from lavincli.media.images import write_image
from tests.plugins.detection.made_coco import write_coco
from tests.plugins.geometry.pictures import photo, turning_discs
from tests.plugins.geometry.test_tasks import write_kitti, write_nyuv2
from tests.plugins.segmentation.test_tasks import write_bsds500, write_coco_panoptic
from tests.plugins.video.made_data_sets import write_davis
from tests.small_tasks import picture


def write_pascal(root: Path) -> None:
    """VOC 2012 with 20 pictures, four of each class of the first fold."""
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (root / "SegmentationClass").mkdir()
    names = [f"2007_{number:06d}" for number in range(20)]
    (lists / "val.txt").write_text("".join(f"{name}\n" for name in names))
    for number, name in enumerate(names):
        write_image(root / "JPEGImages" / f"{name}.jpg", picture(number, 30, 40))
        classes = np.zeros((30, 40), dtype=np.uint8)
        classes[5 : 12 + number % 7, 8:30], classes[25:27] = number % 5 + 1, 255
        Image.fromarray(classes).convert("P").save(root / "SegmentationClass" / f"{name}.png")


def write_nyuv2_labeled(root: Path) -> None:
    images = np.concatenate([photo(number, 480, 640) for number in range(2)])
    depths = np.stack([np.linspace(1, 5, 480 * 640, dtype=np.float32).reshape(480, 640)] * 2)
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "w") as file:
        file["images"], file["depths"] = images.transpose(0, 3, 2, 1), depths.transpose(0, 2, 1)
    savemat(root / "splits.mat", {"trainNdxs": np.array([[1]]), "testNdxs": np.array([[2]])})


def write_sintel(root: Path) -> None:
    flow = turning_discs(40)[:30]
    for number in (1, 2):
        write_image(root / "training" / "final" / "market_6" / f"frame_{number:04d}.png", photo(number, 30, 40))
    write_flo(root / "training" / "flow" / "market_6" / "frame_0001.flo", flow)


def write_davis_2017(root: Path) -> None:
    write_davis(root, {"bear": 13, "cow": 13}, train="bear", val="cow")


CASES: list[tuple[str, str, Callable[[Path], None], int]] = [
    ("foreground_segmentation", "pascal_5i_0", write_pascal, 4),
    ("depth_estimation", "nyuv2", write_nyuv2, 1),
    ("depth_estimation", "nyuv2", write_nyuv2_labeled, 1),
    ("object_detection", "coco", write_coco, 3),
    ("pose_estimation", "coco", write_coco, 3),
    ("panoptic_segmentation", "coco", write_coco_panoptic, 1),
    ("edge_detection", "bsds500", write_bsds500, 1),
    ("video_instance_segmentation", "davis", write_davis_2017, 1),
    ("optical_flow", "kitti", write_kitti, 2),
    ("optical_flow", "sintel", write_sintel, 1),
]


@pytest.mark.parametrize(("name", "dataset", "write", "items"), CASES)
def test_a_benchmark_runs_its_whole_protocol(
    name: str,
    dataset: str,
    write: Callable[[Path], None],
    items: int,
    tmp_path: Path,
    tiny_model_directory: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, output = tmp_path / "data", tmp_path / "results"
    root.mkdir()
    write(root)
    model = ["--model", str(tiny_model_directory), "--device", "cpu", "--draws", "1", "--limit", str(items)]
    assert main(["eval", "--task", name, "--data", f"{dataset}={root}", *model, "-o", str(output), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["items"], found["failures"], found["scored_at"], found["root"]) == (items, [], "own size", str(root))
    for key, metric in found["metrics"].items():
        assert metric["model"]["mean"] is not None, key
        assert metric["baselines"].keys() >= {"copy_query", "context_mean"}
    lines = [json.loads(line) for line in (output / "results.jsonl").read_text().splitlines()]
    assert all((output / line["pictures"]["prediction"]["file"]).is_file() for line in lines)
    if dataset.startswith("pascal"):  # each episode brings its own example
        assert all(len(line["context"]) == 1 for line in lines)
    if name == "depth_estimation":
        assert "constant_plane" in found["metrics"]["abs_rel"]["baselines"]
        assert "the paper's score is of 654 items, this one of 1" in found["paper_differs"]


def test_a_split_that_is_not_there_is_one_line(
    tmp_path: Path, tiny_model_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_nyuv2(tmp_path)
    arguments = ["--task", "depth_estimation", "--model", str(tiny_model_directory), "--data", f"nyuv2={tmp_path}"]
    assert main(["eval", *arguments, "--split", "dev"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "NYU-v2 has no split 'dev'; use train or test" in lines[0]


def test_a_model_and_another_tools_predictions_are_compared(
    tmp_path: Path, tiny_model_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, mine = tmp_path / "data", tmp_path / "mine"
    write_sintel(root)
    write_flo(mine / "frame_0001.flo", turning_discs(40)[:30])
    data = ["--task", "optical_flow", "--data", f"sintel={root}", "--json"]
    assert main(["eval", *data, "--model", str(tiny_model_directory), "--draws", "1", "-o", str(tmp_path / "a")]) == 0
    assert main(["eval", "score", *data, "--predictions", str(mine), "-o", str(tmp_path / "b")]) == 0
    capsys.readouterr()
    assert main(["eval", "compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    found = {line["metric"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert found["epe"]["second_score"] == 0
    assert found["epe"]["difference"] == -found["epe"]["first_score"] < 0
