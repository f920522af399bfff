from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.box_average_precision import BoxAveragePrecision
from lavin_recognition.coco_detection import coco_detection
from lavin_recognition.coco_keypoints import coco_keypoints
from lavin_recognition.keypoint_average_precision import KeypointAveragePrecision

from lavincli.clip import Sample
from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import write_image
from tests.plugins.detection.made_coco import write_coco
from tests.small_tasks import picture

Loader = Callable[..., Sequence[Sample]]


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    write_coco(tmp_path)
    return tmp_path


def test_boxes_of_a_picture(coco: Path) -> None:
    samples = coco_detection(coco, "test")
    assert key_of(0, samples) == samples[0].key
    assert [sample.key for sample in samples] == [f"val2017/{number:012d}.jpg" for number in (139, 285, 632)]
    sample = pickle.loads(pickle.dumps(samples))[0]  # noqa: S301  what was pickled here
    boxes = sample.target
    # As in the file, without the one that has no extent; the crowd is marked.
    np.testing.assert_array_equal(boxes.xywh, [(30.25, 5, 20.5, 10), (20, 0, 5, 40), (2, 3, 25, 30)])
    np.testing.assert_array_equal(boxes.areas, [150.5, 200, 400])
    np.testing.assert_array_equal(boxes.crowd, [False, True, False])
    assert boxes.size == (40, 60)
    assert sample.input.shape == (1, 40, 60, 3)
    assert sample.whole
    assert sample.meta["image_id"] == 139
    assert sample.meta["categories"] == ("dog", "person", "person")
    assert [len(sample.target) for sample in samples] == [3, 1, 0]
    assert boxes.xywh.dtype == boxes.areas.dtype == np.float32


def test_people_of_a_picture(coco: Path) -> None:
    samples = coco_keypoints(coco, "test")
    assert key_of(0, samples) == samples[0].key
    assert [sample.meta["image_id"] for sample in samples] == [139, 285, 632]
    people = pickle.loads(pickle.dumps(samples))[0].target  # noqa: S301  what was pickled here
    np.testing.assert_array_equal(people.boxes.crowd, [True, False])
    # COCO's pixel 30, 12 has its centre at 30.5, 12.5; what isn't given stays zero.
    np.testing.assert_array_equal(people.joints[1, :3], [(30.5, 12.5, 2), (33.5, 10.5, 2), (27.5, 10.5, 1)])
    assert not people.joints[1, 3:].any()
    assert not people.joints[0].any()
    assert people.boxes.areas[1] == 400
    again = samples[0].target
    np.testing.assert_array_equal(again.joints, people.joints)
    assert [len(sample.target) for sample in samples] == [2, 1, 0]


@pytest.mark.parametrize("loader", [coco_detection, coco_keypoints])
def test_training_leaves_out_what_shows_nothing(loader: Loader, coco: Path) -> None:
    train = loader(coco, "train")
    assert [sample.meta["image_id"] for sample in train] == [139]
    assert train[0].key.startswith("train2017/")
    assert not train[0].whole
    assert len(loader(coco, "train", empty=True)) == 3
    assert len(loader(coco, "val", empty=False)) == 1


def test_truths_score_perfectly(coco: Path) -> None:
    around, joints = BoxAveragePrecision(), KeypointAveragePrecision()
    for sample in coco_detection(coco, "test"):
        around.update(sample.target, sample.target)
    for sample in coco_keypoints(coco, "test"):
        joints.update(sample.target, sample.target)
    assert [*around.compute().values(), *joints.compute().values()] == pytest.approx([1.0] * 8, abs=1e-6)


@pytest.mark.parametrize("loader", [coco_detection, coco_keypoints])
def test_says_what_is_wrong_with_the_root(loader: Loader, coco: Path) -> None:
    with pytest.raises(RootNeededError, match=r"annotations/.*_\{train,val\}2017.json"):
        loader(None, "test")
    with pytest.raises(InputError, match=r"expected annotations/.*; found 000000000139.jpg"):
        loader(coco / "val2017", "test")
    with pytest.raises(InputError, match="no split 'test2017'"):
        loader(coco, "test2017")
    photo = coco / "val2017" / "000000000139.jpg"
    write_image(photo, picture(0, 20, 30))
    with pytest.raises(InputError, match=r"139\.jpg: is 30 x 20, but its annotations are for 60 x 40"):
        loader(coco, "test")[0]
    photo.unlink()
    with pytest.raises(InputError, match=r"139.jpg: no such file"):
        loader(coco, "test")[0]


IMAGE = {"id": 3, "file_name": "3.jpg", "height": 40, "width": 60}
OBJECT = {"image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 5, "iscrowd": 0, "keypoints": [1] * 51}
CATEGORY = {"id": 1, "name": "person"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "JSONDecodeError"),
        ("\xff", "codec can't decode"),
        ("[1, 2]", "TypeError"),
        ({"images": [IMAGE]}, "KeyError: 'categories'"),
        ({"images": [], "categories": [CATEGORY]}, "lists no picture"),
        ({"annotations": [{**OBJECT, "image_id": 4}]}, "object of picture 4, which isn't listed"),
        ({"annotations": [{**OBJECT, "category_id": 2}]}, "object of category 2, which isn't listed"),
        ({"annotations": [{**OBJECT, "bbox": [1, 2, 3]}]}, "not enough values"),
        ({"annotations": [{**OBJECT, "bbox": [1, 2, "3", 4]}]}, "TypeError"),
        ({"annotations": [{**OBJECT, "area": float("nan")}]}, "isn't finite"),
        ({"annotations": [{**OBJECT, "image_id": 2**70}]}, "OverflowError"),
        ({"annotations": [{**OBJECT, "keypoints": [1] * 50}]}, "50 numbers of keypoints"),
    ],
)
def test_says_what_is_wrong_with_a_file(content: object, reason: str, coco: Path) -> None:
    listing = coco / "annotations" / "person_keypoints_val2017.json"
    if isinstance(content, dict):
        defaults = {} if "images" in content else {"images": [IMAGE], "categories": [CATEGORY]}
        content = json.dumps({**defaults, **content})
    listing.write_text(str(content), encoding="latin-1")
    with pytest.raises(InputError, match=f"{listing.name}: isn't COCO's JSON of people .*{reason}"):
        coco_keypoints(coco, "test")


def test_a_file_that_has_changed_is_read_again(coco: Path) -> None:
    assert len(coco_detection(coco, "test")) == 3
    listing = coco / "annotations" / "instances_val2017.json"
    listing.write_text(json.dumps({"images": [IMAGE], "annotations": [OBJECT], "categories": [CATEGORY]}))
    assert len(coco_detection(coco, "test")) == 1
