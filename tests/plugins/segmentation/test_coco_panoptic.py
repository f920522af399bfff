from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.coco_panoptic import coco_panoptic
from lavin_recognition.panoptic_files import ids_to_rgb
from PIL import Image

from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import write_image
from tests.small_tasks import picture

IDS = np.repeat(np.array([[0, 3_226_956], [7_564_180, 257]], dtype=np.int32), 20, axis=0).repeat(30, axis=1)
CROWD = 257


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """COCO as it is unpacked: the train split with one picture, val2017 with two."""
    for part, numbers in (("train2017", [9]), ("val2017", [139, 285])):
        images, annotations = [], []
        folder = tmp_path / "annotations" / f"panoptic_{part}"
        folder.mkdir(parents=True)
        for number in numbers:
            name = f"{number:012d}"
            write_image(tmp_path / part / f"{name}.jpg", picture(number, 40, 60))
            Image.fromarray(ids_to_rgb(IDS)).save(folder / f"{name}.png")
            images.append({"id": number, "file_name": f"{name}.jpg", "height": 40, "width": 60})
            segments = [
                {"id": int(identifier), "category_id": 1, "area": 600, "bbox": [0, 0, 1, 1], "iscrowd": crowd}
                for identifier, crowd in ((3_226_956, 0), (7_564_180, 0), (CROWD, 1))
            ]
            annotations.append({"image_id": number, "file_name": f"{name}.png", "segments_info": segments})
        content = {"info": {}, "images": images, "annotations": annotations, "categories": []}
        (tmp_path / "annotations" / f"panoptic_{part}.json").write_text(json.dumps(content))
    return tmp_path


def test_ids_as_stored_without_crowds(coco: Path) -> None:
    samples = coco_panoptic(coco, "test")
    assert key_of(0, samples) == samples[0].key
    assert len(samples) == 2
    sample = pickle.loads(pickle.dumps(samples))[0]  # noqa: S301  what was pickled here
    assert sample.key == "val2017/000000000139.jpg"
    assert sample.meta["image_id"] == 139
    assert sample.whole
    assert sample.target.dtype == np.int32
    np.testing.assert_array_equal(sample.target, np.where(IDS == CROWD, 0, IDS))
    assert sample.input.shape == (1, 40, 60, 3)
    train = coco_panoptic(coco, "train")
    assert len(train) == 1
    assert not train[0].whole


def test_the_folder_of_ids_may_lie_beside_annotations(coco: Path) -> None:
    (coco / "annotations" / "panoptic_val2017").rename(coco / "panoptic_val2017")
    assert coco_panoptic(coco, "val")[1].target.max() == 7_564_180


def test_says_what_is_wrong(coco: Path) -> None:
    with pytest.raises(RootNeededError, match="panoptic_"):
        coco_panoptic(None, "test")
    with pytest.raises(InputError, match=r"expected annotations/panoptic.*; found 0.*jpg"):
        coco_panoptic(coco / "val2017", "test")
    with pytest.raises(InputError, match="no split 'test2017'"):
        coco_panoptic(coco, "test2017")
    png = coco / "annotations" / "panoptic_val2017" / "000000000139.png"
    Image.fromarray(ids_to_rgb(IDS[:5])).save(png)
    with pytest.raises(InputError, match=r"139.png: is \[5, 60, 3\]"):
        coco_panoptic(coco, "test")[0]
    png.unlink()
    with pytest.raises(InputError, match=r"139.png: no such file"):
        coco_panoptic(coco, "test")[0]
    listing = coco / "annotations" / "panoptic_val2017.json"
    for content in ("{", '{"images": []}', '{"images": [], "annotations": [{"image_id": 3}]}'):
        listing.write_text(content)
        with pytest.raises(InputError, match="isn't COCO's panoptic JSON"):
            coco_panoptic(coco, "test")
