from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.pascal_5i import pascal_5i
from lavin_recognition.voc_tree import VOC_CLASSES
from PIL import Image

from lavincli.errors import InputError, RootNeededError
from lavincli.media.images import write_image
from tests.small_tasks import picture

VOID = 255
SHOWN = {
    # name: classes on the left and on the right half; below, a band of void
    "val": {"2007_000033": (1, 6), "2007_000042": (1, 1), "2007_000061": (1, 2), "2007_000123": (2, 20)},
    "train": {"2007_000032": (7, 15), "2007_000039": (7, 20), "2007_000063": (20, 1)},
}


def mask(left: int, right: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    classes = np.zeros((30, 40), dtype=np.uint8)
    classes[5:20, :20], classes[5:20, 20:], classes[20:22] = left, right, VOID
    return classes


def save_palette_png(path: Path, classes: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """As VOC stores masks: indices into its colour map."""
    image = Image.fromarray(classes).convert("P")
    image.putpalette([(index * 37 + channel * 91) % 256 for index in range(256) for channel in range(3)])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    folder = tmp_path / "VOCdevkit" / "VOC2012"
    lists = folder / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    for part, shown in SHOWN.items():
        (lists / f"{part}.txt").write_text("".join(f"{name}\n" for name in shown))
        for number, (name, (left, right)) in enumerate(shown.items()):
            write_image(folder / "JPEGImages" / f"{name}.jpg", picture(number, 30, 40))
            save_palette_png(folder / "SegmentationClass" / f"{name}.png", mask(left, right))
    return folder


def test_episodes_of_a_fold(voc: Path) -> None:
    episodes = pascal_5i(voc, "test")
    assert len(episodes) == 1000
    seen = set()
    for episode in episodes[:30]:
        (support,) = episode.context
        label = VOC_CLASSES.index(episode.meta["class"]) + 1
        query = Path(episode.meta["path"]).stem
        assert 1 <= label <= 5
        assert episode.whole
        assert episode.meta["support"] == Path(support.meta["path"]).stem != query
        np.testing.assert_array_equal(episode.target, mask(*SHOWN["val"][query]) == label)
        np.testing.assert_array_equal(support.target, mask(*SHOWN["val"][episode.meta["support"]]) == label)
        assert support.target.any()
        assert episode.target.dtype == np.bool_
        seen.add((label, query))
    # Class 1 is on three pictures, class 2 on two; all take their turn.
    assert len(seen) == 5
    assert len({episode.key for episode in episodes[:30]}) == 30


def test_episodes_are_the_same_each_time_and_another_seed_draws_others(voc: Path) -> None:
    def keys(seed: int = 0) -> list[str]:
        return [
            f"{episode.key} {episode.meta['support']}" for episode in pascal_5i(voc, "test", episodes=20, seed=seed)
        ]

    assert keys() == keys() != keys(seed=1)
    sent = pickle.loads(pickle.dumps(pascal_5i(voc, "test", episodes=20)))  # noqa: S301  what was pickled here
    assert [f"{episode.key} {episode.meta['support']}" for episode in sent] == keys()


def test_folds_and_the_classes_left_to_train_on(voc: Path) -> None:
    # Class 20 is on one picture of val only: there is no other to be its example.
    with pytest.raises(InputError, match="fold 3"):
        pascal_5i(voc, "test", fold=3)
    train = pascal_5i(voc, "train", fold=0)
    assert {sample.meta["class"] for sample in train} == {"car", "tvmonitor"}
    assert len(train) == 4
    assert not train[0].whole
    assert {sample.meta["class"] for sample in pascal_5i(voc, "train", fold=3)} == {"car"}
    with pytest.raises(ValueError, match=r"fold is 0\.\.3"):
        pascal_5i(voc, "test", fold=4)
    assert VOC_CLASSES[15:] == ("pottedplant", "sheep", "sofa", "train", "tvmonitor")


def test_augmented_masks_leave_out_what_is_tested_on(voc: Path) -> None:
    for name, classes in (("2007_000032", (8, 8)), ("2007_000033", (8, 8)), ("2008_000001", (8, 9))):
        path = voc / "SegmentationClassAug" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(mask(*classes)).save(path)
    write_image(voc / "JPEGImages" / "2008_000001.jpg", picture(5, 30, 40))
    train = pascal_5i(voc, "train", augmented=True)
    assert {Path(sample.meta["path"]).stem for sample in train} == {"2007_000032", "2008_000001"}
    assert {sample.meta["class"] for sample in train} == {"cat"}


@pytest.mark.parametrize("above", ["VOCdevkit/VOC2012", "VOCdevkit", "."])
def test_the_root_may_lie_above(voc: Path, tmp_path: Path, above: str) -> None:
    assert len(pascal_5i(tmp_path / above, "test", episodes=7)) == 7


def test_says_what_is_wrong(voc: Path) -> None:
    with pytest.raises(RootNeededError, match="SegmentationClass"):
        pascal_5i(None, "test")
    with pytest.raises(InputError, match=r"expected JPEGImages.*; found Segmentation/"):
        pascal_5i(voc / "ImageSets", "test")
    with pytest.raises(InputError, match=r"expected .*SegmentationClassAug.*; found"):
        pascal_5i(voc, "train", augmented=True)
    with pytest.raises(InputError, match="no split 'val'"):
        pascal_5i(voc, "val")
    samples = pascal_5i(voc, "test", episodes=5)
    photo = voc / "JPEGImages" / "2007_000033.jpg"
    write_image(photo, picture(0, 40, 30))
    with pytest.raises(InputError, match=r"000033.png: is \[30, 40\]"):
        [sample.key for sample in samples]
    Image.fromarray(np.zeros((30, 40, 3), dtype=np.uint8)).save(voc / "SegmentationClass" / "2007_000042.png")
    with pytest.raises(InputError, match="isn't a mask of class numbers"):
        [sample.key for sample in samples]
    (voc / "ImageSets" / "Segmentation" / "val.txt").unlink()
    with pytest.raises(InputError, match=r"val\.txt: can't be read"):
        pascal_5i(voc, "test")
