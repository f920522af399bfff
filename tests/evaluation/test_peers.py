"""Predictions that other tools have made score what the field's own implementations say, to six digits."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lavin_geometry.flo import write_flo
from lavin_geometry.sintel import sintel
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from lavincli.evaluation.peers import PeerSettings, prediction_reader, score_predictions
from lavincli.media.images import read_image, write_image
from lavincli.registry import task
from tests.plugins.detection.made_coco import NOSE_AND_EYES, crowd, person, thing, write_listing
from tests.plugins.geometry.pictures import photo, turning_discs, write_gray_16
from tests.plugins.segmentation.made_segments import patchwork
from tests.plugins.segmentation.test_tasks import write_coco_panoptic, write_voc2012
from tests.plugins.video.made_clips import photo_like, write_indexed_png
from tests.plugins.video.made_data_sets import write_davis

EXACT = 1e-6


def scores(name: str, predictions: Path, dataset: str, root: Path | None, **options: Any) -> dict[str, float]:
    limit = options.pop("limit", None)
    settings = PeerSettings(dataset, root, limit=limit, options=options)
    (found,) = score_predictions(task(name), predictions, settings).tasks
    assert found.failures == []
    assert found.scored_at == "own size"
    return {key: metric.model.mean or 0.0 for key, metric in found.metrics.items()}


def noisy(pixels: Any, sigma: float, seed: int = 0) -> Any:
    return np.clip(pixels + np.random.default_rng(seed).normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)


def test_pictures_as_torchmetrics(small_tasks: Path, tmp_path: Path) -> None:
    expected: dict[str, list[float]] = {"psnr": [], "ssim": []}
    for number in range(5):
        truth = read_image(small_tasks.parent / "pictures" / f"{number}.png")
        answer = noisy(truth, 10 + number, number)
        write_image(tmp_path / f"{number}.png", answer)
        one, other = (torch.from_numpy(clip.transpose(0, 3, 1, 2).astype(np.float64)) for clip in (answer, truth))
        expected["psnr"].append(float(peak_signal_noise_ratio(one, other, data_range=255.0)))
        similarity = structural_similarity_index_measure(one, other, data_range=255.0)
        assert isinstance(similarity, torch.Tensor)
        expected["ssim"].append(float(similarity))
    found = scores("small_denoising", tmp_path, "pictures", None)
    assert found == pytest.approx({key: np.mean(values) for key, values in expected.items()}, abs=EXACT)


def write_nyuv2(root: Path) -> list[Any]:
    depths = []
    for number, scene in enumerate(("bathroom", "office")):
        write_image(root / "test" / scene / "rgb_0001.png", photo(number, 480, 640))
        millimetres = np.random.default_rng(number).integers(0, 11_000, (480, 640)).astype(np.uint16)
        write_gray_16(root / "test" / scene / "depth_0001.png", millimetres)
        depths.append(millimetres / 1000)
    return depths


def affine_invariant(disparity: Any, metres: Any) -> dict[str, float]:
    """Marigold's practice for a prediction of disparity, in NYU-v2's crop."""
    inside = np.zeros(metres.shape, bool)
    inside[45:471, 41:601] = True
    valid = inside & (metres > 1e-3) & (metres < 10)
    guess, truth = disparity[valid], metres[valid]
    line, *_ = np.linalg.lstsq(np.stack([guess, np.ones_like(guess)], axis=1), 1 / truth, rcond=None)
    depth = 1 / np.clip(line[0] * guess + line[1], 1 / 10, 1 / 1e-3)
    ratio = np.maximum(depth / truth, truth / depth)
    errors = np.abs(depth - truth) / truth
    root_mean_square = np.sqrt(((depth - truth) ** 2).mean())
    return {"abs_rel": errors.mean(), "delta1": (ratio < 1.25).mean(), "rmse": root_mean_square}


def mean_of(each: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([one[key] for one in each])) for key in each[0]}


def test_depth_in_arrays_and_sixteen_bit_pictures(tmp_path: Path) -> None:
    depths = write_nyuv2(tmp_path / "nyu")
    expected: dict[str, list[dict[str, float]]] = {"arrays": [], "pictures": []}
    for number, (scene, metres) in enumerate(zip(("bathroom", "office"), depths, strict=True)):
        guess = (metres + np.random.default_rng(9 + number).uniform(0.2, 2, metres.shape)).astype(np.float32)
        (tmp_path / "arrays" / scene).mkdir(parents=True)
        np.save(tmp_path / "arrays" / scene / "rgb_0001.npy", 1 / guess)
        millimetres = (guess * 1000).astype(np.uint16)
        write_gray_16(tmp_path / "pictures" / scene / "rgb_0001.png", millimetres)
        expected["arrays"].append(affine_invariant((1 / guess).astype(np.float64), metres))
        expected["pictures"].append(affine_invariant(1 / millimetres.astype(np.float64), metres))
    found = scores("depth_estimation", tmp_path / "arrays", "nyuv2", tmp_path / "nyu")
    assert found == pytest.approx(mean_of(expected["arrays"]), abs=EXACT)
    found = scores("depth_estimation", tmp_path / "pictures", "nyuv2", tmp_path / "nyu", values="depth")
    assert found == pytest.approx(mean_of(expected["pictures"]), abs=EXACT)


def by_cocoeval(listing: Path, results: list[dict[str, Any]], kind: str) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(listing))
        evaluation = COCOeval(truth, truth.loadRes(results), kind)
        evaluation.params.useCats = int(kind == "keypoints")  # people are all of one class
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def write_coco(root: Path) -> list[dict[str, Any]]:
    """Val2017: three pictures, one without objects; returns what is in the others."""
    things = [
        thing(1, 139, 18, [30.25, 5, 20.5, 10], 150.5),
        thing(2, 139, 1, [2, 3, 25, 30], 400),
        crowd(3, 139, 1, [20, 0, 5, 40]),
        thing(4, 632, 1, [5, 6, 30, 20], 300),
    ]
    people = [
        person({**entry, "category_id": 1}, NOSE_AND_EYES if not entry["iscrowd"] else [0] * 51) for entry in things
    ]
    write_listing(root / "annotations" / "instances_val2017.json", [139, 285, 632], things)
    write_listing(root / "annotations" / "person_keypoints_val2017.json", [139, 285, 632], people)
    return people


def test_boxes_and_people_as_cocoeval(tmp_path: Path) -> None:
    things = write_coco(tmp_path / "coco")
    random = np.random.default_rng(3)
    boxes, joints = [], []
    for entry in [*things, *things, {**things[0], "image_id": 285}]:
        score = round(float(random.uniform(0.1, 1)), 3)
        shift = random.integers(-3, 4, 4)
        common = {"image_id": entry["image_id"], "category_id": 1, "score": score}
        boxes.append({**common, "bbox": [float(one) for one in np.abs(np.array(entry["bbox"]) + shift)]})
        moved = np.reshape(NOSE_AND_EYES, (17, 3)) + np.append(random.uniform(-0.7, 0.7, 2), 0)
        joints.append({**common, "keypoints": [float(one) for one in moved.ravel()]})
    for name, results in (("boxes", boxes), ("people", joints)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(results))
    annotations = tmp_path / "coco" / "annotations"
    stats = by_cocoeval(annotations / "instances_val2017.json", boxes, "bbox")
    found = scores("object_detection", tmp_path / "boxes", "coco", tmp_path / "coco")
    expected = {"ap": stats[0], "ap50": stats[1], "ap75": stats[2], "ar100": stats[8]}
    assert found == pytest.approx(expected, abs=EXACT)
    assert 0 < found["ap"] < found["ap50"]
    stats = by_cocoeval(annotations / "person_keypoints_val2017.json", joints, "keypoints")
    found = scores("pose_estimation", tmp_path / "people", "coco", tmp_path / "coco")
    expected = {"oks_ap": stats[0], "oks_ap50": stats[1], "oks_ap75": stats[2], "oks_ar": stats[5]}
    assert found == pytest.approx(expected, abs=EXACT)
    assert 0 < found["oks_ap"] < 1


def test_flow_in_flo_files(tmp_path: Path) -> None:
    flow = turning_discs(64)[:40]
    root = tmp_path / "sintel" / "training"
    for number in (1, 2):
        write_image(root / "final" / "market_6" / f"frame_{number:04d}.png", photo(number, *flow.shape[:2]))
    write_flo(root / "flow" / "market_6" / "frame_0001.flo", flow)
    (sample,) = sintel(tmp_path / "sintel", "test")
    guess = flow + np.random.default_rng(0).normal(0, 2, flow.shape).astype(np.float32)
    write_flo(tmp_path / "mine" / "market_6" / "frame_0001.flo", guess)
    errors = np.linalg.norm(guess.astype(np.float64) - flow, axis=2)
    length = np.linalg.norm(flow.astype(np.float64), axis=2)
    found = scores("optical_flow", tmp_path / "mine", "sintel", tmp_path / "sintel")
    assert sample.key.endswith("market_6/frame_0001.png")
    assert found["epe"] == pytest.approx(errors.mean(), abs=EXACT)
    fl_all = ((errors > 3) & (errors > 0.05 * length)).mean()
    assert found["fl_all"] == pytest.approx(fl_all, abs=EXACT)


def test_masks_of_one_channel(tmp_path: Path) -> None:
    write_voc2012(tmp_path / "voc")
    samples = task("foreground_segmentation").samples("pascal_5i_1", tmp_path / "voc")
    expected = []
    for number, sample in enumerate(samples[:4]):
        guess = np.roll(sample.target, 5 + number, axis=1)
        path = (tmp_path / "mine" / sample.key).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(guess.astype(np.uint8)).save(path)  # 0 and 1, as many tools write them
        expected.append(np.count_nonzero(guess & sample.target) / np.count_nonzero(guess | sample.target))
    found = scores("foreground_segmentation", tmp_path / "mine", "pascal_5i_1", tmp_path / "voc", limit=4)
    assert found["mean_iou"] == pytest.approx(np.mean(expected), abs=EXACT)


def panoptic_quality(guess: Any, truth: Any) -> float:
    """Class-agnostic PQ (Kirillov et al.), written out: IoU over 0.5, unlabelled pixels of the truth left out."""
    guess = np.where(truth == 0, 0, guess)
    ious: list[float] = []
    ids = [[one for one in np.unique(segments) if one] for segments in (guess, truth)]
    for one in ids[0]:
        for other in ids[1]:
            union = np.count_nonzero((guess == one) | (truth == other))
            iou = np.count_nonzero((guess == one) & (truth == other)) / union
            if iou > 0.5:
                ious.append(iou)
    return sum(ious) / (len(ious) + (len(ids[0]) - len(ious)) / 2 + (len(ids[1]) - len(ious)) / 2)


def test_panoptic_pictures_with_their_json(tmp_path: Path) -> None:
    write_coco_panoptic(tmp_path / "coco")
    truth = patchwork(200, 1, cells=6, thin=1)[:150]
    guess = np.roll(truth, 4, axis=0)
    (tmp_path / "mine").mkdir()
    colors = np.stack([guess >> shift & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)
    Image.fromarray(colors).save(tmp_path / "mine" / "from_peer.png")
    listed = {"annotations": [{"image_id": 1, "file_name": "from_peer.png", "segments_info": []}]}
    (tmp_path / "mine" / "predictions.json").write_text(json.dumps(listed))
    found = scores("panoptic_segmentation", tmp_path / "mine", "coco", tmp_path / "coco")
    assert found["pq"] == pytest.approx(panoptic_quality(guess, truth), abs=EXACT)


def test_normals_in_the_axes_of_a_camera(tmp_path: Path) -> None:
    sample = task("normal_estimation").samples("scenes", size=64)[0]
    truth = sample.target.astype(np.float64)
    truth /= np.linalg.norm(truth, axis=-1, keepdims=True)
    guess = truth + np.random.default_rng(0).normal(0, 0.2, truth.shape)
    guess /= np.linalg.norm(guess, axis=-1, keepdims=True)
    stored = guess.astype(np.float32)
    np.save(tmp_path / "a.npy", -stored)  # right, down, away
    read = prediction_reader(task("normal_estimation"), tmp_path, {"axes": "opencv"})
    value = read(type(sample)("scene/a.png", target=sample.target))
    metric = task("normal_estimation").metrics["normal_angles"]
    metric.update(value, sample.target)
    exact, known = stored.astype(np.float64), sample.target.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=-1) * np.linalg.norm(known, axis=-1)
    angles = np.degrees(np.arccos(np.clip((exact * known).sum(axis=-1) / lengths, -1, 1)))
    assert metric.compute()["normal_mean"] == pytest.approx(np.nanmean(angles), abs=EXACT)


def test_a_list_without_detections_finds_nothing(tmp_path: Path) -> None:
    write_coco(tmp_path / "coco")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "results.json").write_text("[]")
    found = scores("object_detection", tmp_path / "mine", "coco", tmp_path / "coco")
    assert found["ar100"] == 0


def test_new_frames_alone_and_indexed_frames_are_clips(tmp_path: Path) -> None:
    root = tmp_path / "davis"
    write_davis(root, {"bear": 13, "cow": 13}, train="bear", val="cow")
    (sample,) = task("video_instance_segmentation").samples("davis", root)
    for number, frame in enumerate(np.maximum(sample.target, 0)):
        write_indexed_png(tmp_path / "ids" / sample.key / f"{number:05d}.png", frame.astype(np.uint8))
    assert scores("video_instance_segmentation", tmp_path / "ids", "davis", root)["j_and_f"] == 1
    clip = photo_like(13, 16, 16)
    going_on = type(sample)("a/b.mp4", target=clip)
    for number, frame in enumerate(clip[1:]):
        write_image(tmp_path / "frames" / "a" / "b" / f"{number:05d}.png", frame[None])
    read = prediction_reader(task("frame_prediction"), tmp_path / "frames", {})
    np.testing.assert_array_equal(read(going_on), clip)
