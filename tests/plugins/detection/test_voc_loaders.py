from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.box_iou import BoxIoU
from lavin_recognition.voc_annotations import read_annotation
from lavin_recognition.voc_detection import voc_detection
from lavin_recognition.voc_single_object import voc_single_object

from lavincli.clip import Sample
from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import write_image
from tests.plugins.detection.made_voc import HEIGHT, WIDTH, thing, write_voc
from tests.small_tasks import picture

SMALL, OTHER, LARGE = (11, 6, 30, 25), (45.5, 2, 64, 20.25), (1, 1, 40, 24)
"""`LARGE` covers 40 * 24 = 960 of 4800 pixels: exactly a fifth."""
PICTURES = {
    "val": {
        "2008_000002": [thing("person", SMALL), thing("dog", OTHER, difficult=True)],
        "2008_000003": [thing("dog", SMALL)],
        "2008_000007": [thing("dog", OTHER)],
        "2008_000009": [thing("dog", OTHER)],
        "2008_000010": [thing("dog", LARGE)],
        "2008_000016": [thing("bird", SMALL)],
        "2008_000021": [thing("bird", OTHER)],
        "2008_000022": [thing("boat", SMALL)],
        "2008_000023": [thing("bird", SMALL, difficult=True)],
    },
    "train": {
        "2008_000008": [thing("horse", LARGE), thing("person", SMALL)],
        "2008_000015": [thing("bird", SMALL)],
        "2008_000019": [thing("bird", SMALL)],
        "2008_000033": [thing("sofa", OTHER)],
        "2008_000034": [thing("sofa", OTHER)],
    },
}


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    return write_voc(tmp_path, PICTURES)


def test_boxes_of_a_picture(voc: Path) -> None:
    samples = voc_detection(voc, "test")
    assert key_of(0, samples) == samples[0].key
    assert [sample.key for sample in samples] == list(PICTURES["val"])
    sample = pickle.loads(pickle.dumps(samples))[0]  # noqa: S301  what was pickled here
    boxes = sample.target
    # The pixels 11..30 and 6..25, counted from 1: edges at 10 and 30, 5 and 25. The head isn't an object.
    np.testing.assert_array_equal(boxes.xywh, [(10, 5, 20, 20), (44.5, 1, 19.5, 19.25)])
    np.testing.assert_array_equal(boxes.areas, [400, np.float32(19.5 * 19.25)])
    np.testing.assert_array_equal(boxes.crowd, [False, True])
    assert boxes.size == (HEIGHT, WIDTH)
    assert sample.input.shape == (1, HEIGHT, WIDTH, 3)
    assert sample.meta["categories"] == ("person", "dog")
    assert sample.whole
    train = voc_detection(voc, "train")
    assert len(train) == 5
    assert not train[0].whole


def test_episodes_of_single_objects(voc: Path) -> None:
    episodes = pickle.loads(pickle.dumps(voc_single_object(voc, "test")))  # noqa: S301  what was pickled here
    # Not: two objects, a fifth of the picture, a class seen once, a difficult object.
    names = ["2008_000003", "2008_000007", "2008_000009", "2008_000016", "2008_000021"]
    assert [Path(episode.meta["path"]).stem for episode in episodes] == names
    score = BoxIoU(sizes=[111])
    for episode in episodes:
        (support,) = episode.context
        assert len(episode.target) == len(support.target) == 1
        assert episode.key.split("/")[0] == support.key.split("/")[0] == episode.meta["class"]
        assert episode.meta["support"] == Path(support.meta["path"]).stem != Path(episode.meta["path"]).stem
        assert episode.whole
        score.update(episode.target, episode.target)
    assert score.compute() == {"box_iou": 1, "box_iou_111": 1}
    assert len({episode.key for episode in episodes}) == 5


def test_episodes_are_the_same_each_time_and_another_seed_draws_others(voc: Path) -> None:
    def supports(seed: int = 0) -> list[str]:
        return [episode.meta["support"] for episode in voc_single_object(voc, "test", seed=seed)]

    assert supports() == supports()
    assert len({tuple(supports(seed)) for seed in range(8)}) > 1


def test_folds_and_shares(voc: Path) -> None:
    def classes(split: str, fold: int | None, share: float = 0.2) -> list[str]:
        episodes = voc_single_object(voc, split, fold=fold, largest_share=share)
        assert all(episode.meta["fold"] == fold for episode in episodes)
        return [episode.meta["class"] for episode in episodes]

    assert classes("test", 0) == ["bird"] * 2
    assert classes("test", 2) == ["dog"] * 3
    assert classes("test", 2, share=0.21) == ["dog"] * 4
    assert classes("train", None) == ["bird"] * 2 + ["sofa"] * 2
    assert classes("train", 0) == ["sofa"] * 2
    assert not voc_single_object(voc, "train")[0].whole
    with pytest.raises(InputError, match="no class"):
        voc_single_object(voc, "test", fold=3)
    with pytest.raises(ValueError, match=r"fold is 0\.\.3"):
        voc_single_object(voc, "test", fold=4)
    with pytest.raises(ValueError, match="largest_share"):
        voc_single_object(voc, "test", largest_share=0)


@pytest.mark.parametrize("above", ["VOCdevkit/VOC2012", "VOCdevkit", "."])
def test_the_root_may_lie_above(voc: Path, tmp_path: Path, above: str) -> None:
    assert len(voc_detection(tmp_path / above, "test")) == 9
    assert len(voc_single_object(tmp_path / above, "test")) == 5


@pytest.mark.parametrize("loader", [voc_detection, voc_single_object])
def test_says_what_is_wrong(loader: Callable[..., Sequence[Sample]], voc: Path) -> None:
    with pytest.raises(RootNeededError, match=r"Annotations/\*\.xml"):
        loader(None, "test")
    with pytest.raises(InputError, match=r"expected JPEGImages.*; found Main/"):
        loader(voc / "ImageSets", "test")
    with pytest.raises(InputError, match="no split 'val'"):
        loader(voc, "val")
    samples = loader(voc, "test")
    photo = voc / "JPEGImages" / "2008_000003.jpg"
    write_image(photo, picture(0, 20, 30))
    with pytest.raises(InputError, match=r"000003\.jpg: is 30 x 20, but its annotation is for 80 x 60"):
        [sample.key for sample in samples]
    (voc / "Annotations" / "2008_000003.xml").unlink()
    with pytest.raises(InputError, match=r"000003\.xml: no such file"):
        [sample.key for sample in samples]
    (voc / "ImageSets" / "Main" / "val.txt").unlink()
    with pytest.raises(InputError, match=r"Main/val\.txt: can't be read"):
        loader(voc, "test")


SIZE = "<size><width>8</width><height>6</height></size>"
BOX = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox>"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<annotation>", "no element found"),
        ('<?xml version="1.0" encoding="nothing"?><annotation/>', "unknown encoding"),
        ("<annotation></annotation>", "<annotation> has no size/height"),
        (f"<annotation>{SIZE.replace('8', '0')}</annotation>", "a picture of 0 x 6"),
        (f"<annotation>{SIZE}<object>{BOX}</object></annotation>", "<object> has no name"),
        (f"<annotation>{SIZE}<object><name>dog</name></object></annotation>", "<object> has no bndbox/xmin"),
        (
            f"<annotation>{SIZE}<object><name>dog</name>{BOX.replace('<xmin>1', '<xmin>4')}</object></annotation>",
            "a box from 4, 1 to 3, 3",
        ),
        (f"<annotation>{SIZE}<object>{BOX.replace('1', 'one')}</object></annotation>", "could not convert"),
        (f"<annotation>{SIZE}<object>{BOX.replace('1', 'nan')}</object></annotation>", "xmin isn't finite"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "document type"),
    ],
)
def test_says_what_is_wrong_with_an_annotation(content: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(content)
    with pytest.raises(InputError, match=rf"a\.xml: isn't VOC's XML of objects \(.*{reason}"):
        read_annotation(path)
    # A picture may show nothing.
    path.write_text(f"<annotation>{SIZE}</annotation>")
    boxes = read_annotation(path).boxes()
    assert len(boxes) == 0
    assert boxes.size == (6, 8)
