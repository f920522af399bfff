"""Average precision of boxes and of joints, held against COCOeval on files."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lavin_recognition.box_average_precision import BoxAveragePrecision
from lavin_recognition.boxes import BoxesCodec
from lavin_recognition.keypoint_average_precision import KeypointAveragePrecision
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lavincli.errors import InputError
from lavincli.natives import Boxes, People

SIZE = (300, 400)
BOX_KEYS = {"ap": 0, "ap50": 1, "ap75": 2, "ar100": 8}
JOINT_KEYS = {"oks_ap": 0, "oks_ap50": 1, "oks_ap75": 2, "oks_ar": 5}
"""Where `COCOeval.stats` has them."""


def boxes(*xywh: Sequence[float], scores: Sequence[float] | None = None, crowd: Sequence[int] = ()) -> Boxes:
    """With an object that fills two thirds of its box."""
    of = Boxes.of(np.array(xywh), SIZE, scores=None if scores is None else np.array(scores))
    crowds = np.isin(np.arange(len(of)), crowd)
    return Boxes(of.xywh, SIZE, of.scores, (of.areas * 2 / 3).astype(np.float32), crowds)


def random_boxes(random: np.random.Generator, *, count: int) -> Boxes:
    xywh = np.concatenate([random.uniform(0, 250, (count, 2)), random.uniform(4, 140, (count, 2))], axis=1)
    crowd = np.flatnonzero(random.random(count) < 0.15).tolist()
    return boxes(*xywh, crowd=crowd)


def detected(random: np.random.Generator, truth: Boxes, *, invented: int = 3) -> Boxes:
    """Most of the boxes moved a little, some twice, and others; scores with ties."""
    found = np.flatnonzero(random.random(len(truth)) < 0.8)
    found = np.concatenate([found, found[: len(found) // 3]])
    moved = truth.xywh[found] + random.normal(0, 3, (len(found), 4)).astype(np.float32)
    others = random.uniform(5, 150, (invented, 4)).astype(np.float32)
    xywh = np.concatenate([moved, others])
    return Boxes.of(np.maximum(xywh, 1), SIZE, scores=random.integers(1, 10, len(xywh)) / 10)


def random_people(random: np.random.Generator, *, count: int) -> People:
    """Some with joints that are not given, some without any, some crowds; people without joints have zeros there."""
    around = random_boxes(random, count=count)
    joints = around.xywh[:, None, :2] + random.random((count, 17, 2)) * around.xywh[:, None, 2:]
    visibility = random.integers(0, 3, (count, 17, 1)) * (random.random((count, 1, 1)) < 0.8)
    return People(np.concatenate([joints * (visibility > 0), visibility], axis=2).astype(np.float32), around)


def guessed(random: np.random.Generator, truth: People, *, invented: int = 1) -> People:
    found = detected(random, truth.boxes, invented=invented)
    joints = np.zeros((len(found), 17, 3), dtype=np.float32)
    for person, box in zip(joints, found.xywh, strict=True):
        nearest = np.abs(truth.boxes.xywh - box).sum(axis=1).argmin() if len(truth) else None
        person[:] = random.uniform(0, 300, (17, 3)) if nearest is None else truth.joints[nearest]
        person[:, :2] += random.normal(0, 5, (17, 2))
        person[:, 2] = 2
    return People(joints, found)


def by_coco(folder: Path, pairs: Sequence[tuple[Any, Any]], keys: dict[str, int], kind: str) -> dict[str, float]:
    """What COCOeval says of files in COCO's format."""
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image, (prediction, truth) in enumerate(pairs, start=1):
        common = {"image_id": image, "category_id": 1}
        for around, entries, value in (("truth", annotations, truth), ("found", results, prediction)):
            of = value.boxes if isinstance(value, People) else value
            for place, box in enumerate(of.xywh.tolist()):
                entry: dict[str, Any] = {**common, "bbox": box}
                if around == "truth":
                    extra = {"area": float(of.areas[place]), "iscrowd": int(of.crowd[place])}
                    entry |= {"id": len(entries) + 1, **extra, "segmentation": []}
                else:
                    entry["score"] = float(of.scores[place])
                if isinstance(value, People):
                    entry["keypoints"] = value.joints[place].ravel().tolist()
                    entry["num_keypoints"] = int((value.joints[place, :, 2] > 0).sum())
                    if around == "found":
                        del entry["bbox"]
                entries.append(entry)
    images = [{"id": image + 1, "width": SIZE[1], "height": SIZE[0]} for image in range(len(pairs))]
    content = {"images": images, "categories": [{"id": 1, "name": "thing"}], "annotations": annotations}
    (folder / "truth.json").write_text(json.dumps(content))
    (folder / "results.json").write_text(json.dumps(results))
    with redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / "truth.json"))
        evaluation = COCOeval(coco, coco.loadRes(str(folder / "results.json")), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return {key: float(evaluation.stats[place]) for key, place in keys.items()}


def scores(metric: Any, *pairs: tuple[Any, Any]) -> dict[str, float]:
    for prediction, truth in pairs:
        metric.update(prediction, truth)
    found: dict[str, float] = metric.compute()
    return found


NO_BOXES = boxes()
EDGE_CASES: dict[str, list[tuple[Boxes, Boxes]]] = {
    "IoU exactly 0.5 and 0.75": [
        (boxes((0, 0, 10, 5), (50, 50, 20, 15), scores=[0.5, 0.9]), boxes((0, 0, 10, 10), (50, 50, 20, 20)))
    ],
    "a crowd swallows many": [
        (boxes((0, 0, 9, 9), (20, 5, 9, 9), (200, 200, 50, 50)), boxes((0, 0, 100, 100), (200, 205, 50, 50), crowd=[0]))
    ],
    "twice the same": [(boxes((5, 5, 40, 40), (5, 5, 40, 40), scores=[0.3, 0.7]), boxes((5, 5, 40, 40)))],
    "two truths in one place": [(boxes((5, 5, 40, 40)), boxes((5, 5, 40, 40), (6, 5, 40, 40)))],
    "nothing found, and nothing there": [
        (NO_BOXES, boxes((5, 5, 40, 40))),
        (boxes((5, 5, 40, 40), scores=[0.9]), NO_BOXES),
        (boxes((7, 5, 40, 40), scores=[0.2]), boxes((5, 5, 40, 40))),
        (NO_BOXES, NO_BOXES),
    ],
    "more than 100 boxes": [
        (
            boxes(*[(9 * place % 300, place, 12, 9) for place in range(160)], scores=np.linspace(1, 0, 160).tolist()),
            boxes(*[(9 * place % 300, place, 12, 9) for place in range(60, 130)]),
        )
    ],
    "a box without extent": [(boxes((5, 5, 0, 9), (50, 50, 9, 9)), boxes((5, 5, 0, 9), (50, 50, 9, 9)))],
}


@pytest.mark.parametrize("case", EDGE_CASES)
def test_boxes_as_cocoeval_on_edge_cases(case: str, tmp_path: Path) -> None:
    pairs = EDGE_CASES[case]
    assert scores(BoxAveragePrecision(), *pairs) == pytest.approx(by_coco(tmp_path, pairs, BOX_KEYS, "bbox"), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_boxes_as_cocoeval(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    truths = [random_boxes(random, count=int(random.integers(0, 12))) for _ in range(12)]
    pairs = [(detected(random, truth, invented=int(random.integers(0, 4))), truth) for truth in truths]
    expected = by_coco(tmp_path, pairs, BOX_KEYS, "bbox")
    assert 0 < expected["ap"] < expected["ap50"] < 1
    assert scores(BoxAveragePrecision(), *pairs) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_joints_as_cocoeval(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    truths = [random_people(random, count=int(random.integers(0, 7))) for _ in range(10)]
    truths.append(random_people(random, count=25))  # more than count
    pairs = [(guessed(random, truth), truth) for truth in truths]
    expected = by_coco(tmp_path, pairs, JOINT_KEYS, "keypoints")
    assert 0 < expected["oks_ap"] < expected["oks_ap50"] < 1
    assert scores(KeypointAveragePrecision(), *pairs) == pytest.approx(expected, abs=1e-6)


def test_boxes_by_hand() -> None:
    # The surer of two is right, the other one wrong, and a second truth is missed: precision 1 up to recall 0.5, which
    # covers 51 of the 101 recalls looked at. IoU 0.8 is a match at 7 of 10 thresholds.
    truth = boxes((0, 0, 100, 100), (200, 200, 50, 50))
    prediction = boxes((0, 0, 100, 80), (120, 0, 50, 50), scores=[0.9, 0.4])
    found = scores(BoxAveragePrecision(), (prediction, truth))
    assert found["ap50"] == found["ap75"] == pytest.approx(51 / 101)
    assert found["ap"] == pytest.approx(0.7 * 51 / 101)
    assert found["ar100"] == pytest.approx(0.7 * 0.5)


def test_joints_by_hand() -> None:
    # One joint given, d^2 = 2 * area * (2 sigma)^2 * ln(1 / 0.8): OKS 0.8, a match at 7 of 10 thresholds.
    joints = np.zeros((1, 17, 3), dtype=np.float32)
    joints[0, 0] = 50, 60, 2
    truth = People(joints, boxes((30, 30, 60, 60)))
    moved = joints.copy()
    moved[0, 0, 0] += np.sqrt(2 * 2400 * (2 * 0.026) ** 2 * np.log(1 / 0.8 - 1e-4))
    moved[0, 1:] = 7  # where the truth has no joints the prediction may have any
    found = scores(KeypointAveragePrecision(), (People(moved, truth.boxes), truth))
    assert found == pytest.approx({"oks_ap": 0.7, "oks_ap50": 1, "oks_ap75": 1, "oks_ar": 0.7})


@pytest.mark.parametrize("seed", range(3))
def test_truth_against_truth_is_perfect(seed: int) -> None:
    random = np.random.default_rng(seed)
    truths = [random_people(random, count=count) for count in (0, 1, 8, 20)]
    joints = scores(KeypointAveragePrecision(), *zip(truths, truths, strict=True))
    assert joints == pytest.approx(dict.fromkeys(JOINT_KEYS, 1.0), abs=1e-6)
    around = scores(BoxAveragePrecision(), *[(truth.boxes, truth.boxes) for truth in truths])
    assert around == pytest.approx(dict.fromkeys(BOX_KEYS, 1.0), abs=1e-6)


def test_a_picture_without_truth() -> None:
    right, wrong = dict.fromkeys(BOX_KEYS, 1.0), {"ap": 0.0, "ap50": 0.0, "ap75": 0.0, "ar100": 1.0}
    some, crowd = boxes((10, 10, 20, 20)), boxes((0, 0, 90, 90), crowd=[0])
    assert scores(BoxAveragePrecision(), (NO_BOXES, NO_BOXES)) == right
    assert scores(BoxAveragePrecision(), (some, NO_BOXES)) == wrong
    assert scores(BoxAveragePrecision(), (NO_BOXES, some)) == dict.fromkeys(BOX_KEYS, 0.0)
    # What lies in a crowd is no mistake; what is said to be a crowd is no detection.
    assert scores(BoxAveragePrecision(), (some, crowd)) == right
    assert scores(BoxAveragePrecision(), (crowd, NO_BOXES)) == right
    # 60 of 100 pixels in the crowd: forgiven at 0.5, 0.55 and 0.6.
    outside = boxes((0, 0, 10, 10)), boxes((0, 0, 6.05, 50), crowd=[0])
    assert scores(BoxAveragePrecision(), outside) == {"ap": pytest.approx(0.3), "ap50": 1, "ap75": 0, "ar100": 1}
    nobody = People(np.zeros((1, 17, 3), dtype=np.float32), some)
    assert scores(KeypointAveragePrecision(), (nobody, nobody)) == dict.fromkeys(JOINT_KEYS, 1.0)


@pytest.mark.parametrize("kind", ["boxes", "people"])
def test_items_are_merged_in_any_number_of_steps(kind: str) -> None:
    random = np.random.default_rng(5)
    metric: Callable[[], Any] = BoxAveragePrecision if kind == "boxes" else KeypointAveragePrecision
    pairs: list[tuple[Any, Any]] = []
    for _ in range(5):
        truth = random_people(random, count=4)
        pairs.append(
            (detected(random, truth.boxes), truth.boxes) if kind == "boxes" else (guessed(random, truth), truth)
        )
    # As a bootstrap does: one item twice.
    drawn = [pairs[place] for place in (0, 3, 3, 1, 4)]
    merged = metric()
    for pair in drawn:
        item = metric()
        scores(item, pair)
        merged.merge(pickle.loads(pickle.dumps(item)))  # noqa: S301  what was pickled here
    assert merged.compute() == scores(metric(), *drawn)


def test_what_a_picture_may_cost() -> None:
    codec = BoxesCodec()
    metric = BoxAveragePrecision()
    truth = Boxes.of(np.array([(7.3, 9.6, 30.2, 12.9), (60, 20, 41.7, 90.5), (55.5, 70.1, 9.4, 25.3)]), (128, 128))
    lost = {key: 1 - score for key, score in scores(metric, (codec.decode(codec.render(truth)), truth)).items()}
    assert all(loss <= metric.picture_loss.get(key, 0) for key, loss in lost.items())
    assert "ap50" not in metric.picture_loss
    # Specks can get lost on the way, and metrics that have seen some say so.
    speck, merged = BoxAveragePrecision(), BoxAveragePrecision()
    scores(speck, (NO_BOXES, boxes((5, 5, 3, 3))))
    merged.merge(speck)
    assert merged.picture_loss["ap50"] == 0.75


def test_what_a_picture_of_people_may_cost() -> None:
    """Half, unless they are small, many, or of few joints; what nobody has to find tells nothing."""
    joints = np.full((1, 17, 3), 2, dtype=np.float32)
    large, small = boxes((30, 30, 90, 200)), boxes((30, 30, 40, 90))
    face = np.where(np.arange(17)[:, None] < 5, joints, 0).astype(np.float32)
    cases = [
        (People(joints, large), 0.5),
        (People(joints, small), 0.9),
        (People(face, large), 0.9),
        (People(np.zeros_like(joints), small), 0.5),
        (People(joints.repeat(5, axis=0), boxes(*[(30, 30, 90, 200)] * 5)), 0.9),
    ]
    for people, loss in cases:
        metric = KeypointAveragePrecision()
        scores(metric, (people, people))
        assert metric.picture_loss == dict.fromkeys(JOINT_KEYS, loss)


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    scores(BoxAveragePrecision(), (boxes((10, 10, 20, 20)), boxes((10, 10, 20, 20))))
    assert capsys.readouterr() == ("", "")


def test_wrong_use() -> None:
    for metric in (BoxAveragePrecision(), KeypointAveragePrecision()):
        with pytest.raises(InputError, match="no item"):
            metric.compute()
    with pytest.raises(InputError, match=r"prediction is of a picture \[10, 10\]"):
        BoxAveragePrecision().update(Boxes.of(np.zeros((0, 4)), (10, 10)), NO_BOXES)
    with pytest.raises(InputError, match="prediction has boxes with numbers that are not finite"):
        BoxAveragePrecision().update(boxes((np.nan, 0, 1, 1)), NO_BOXES)
    around = boxes((0, 0, 1, 1))
    person, infinite = (People(np.full((1, 17, 3), value, np.float32), around) for value in (1, np.inf))
    with pytest.raises(InputError, match="target has joints"):
        KeypointAveragePrecision().update(person, infinite)
