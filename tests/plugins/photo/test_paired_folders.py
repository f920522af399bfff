from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from lavin_photo.gopro import gopro
from lavin_photo.paired_folders import paired_folders

from lavincli.cards.check import check_task
from lavincli.clip import Clip
from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import write_image
from lavincli.registry import task as find_task
from tests.small_tasks import picture


def shade(place: int, height: int = 12, width: int = 20) -> Clip:
    return picture(place, height, width)


def write_pairs(folder: Path, names: list[str], sides: tuple[str, str] = ("input", "target")) -> None:
    """Inputs are the negatives of their targets."""
    for place, name in enumerate(names):
        write_image(folder / sides[0] / name, 255 - shade(place))
        write_image(folder / sides[1] / name, shade(place))


@pytest.fixture
def rain(tmp_path: Path) -> Path:
    write_pairs(tmp_path / "train", ["1.png", "2.png", "3.png"])
    write_pairs(tmp_path / "test" / "Rain100L", ["1.png", "10.png"])
    write_pairs(tmp_path / "test" / "Rain100H", ["1.png"])
    (tmp_path / "test" / "Rain100L" / "readme.txt").write_text("no picture", encoding="utf-8")
    return tmp_path


def test_rain_sets_by_name_or_all_at_once(rain: Path) -> None:
    samples = paired_folders(rain, "test", train="train", test="test/Rain100L", whole=True)
    assert key_of(0, samples) == samples[0].key
    assert [sample.key for sample in samples] == ["test/Rain100L/input/1.png", "test/Rain100L/input/10.png"]
    np.testing.assert_array_equal(samples[1].target, shade(1))
    np.testing.assert_array_equal(samples[1].input, 255 - samples[1].target)
    assert samples[0].whole
    both = paired_folders(rain, "test", train="train", test="test")
    assert both[0].key == "test/Rain100H/input/1.png"
    assert len(both) == 3
    assert not both[0].whole
    train = paired_folders(rain, "train", train="train", test="test/Rain100L", whole=True)
    assert len(train) == 3
    assert not train[0].whole
    assert pickle.loads(pickle.dumps(train))[2].key == "train/input/3.png"  # noqa: S301 - our own bytes


def test_lol_names_its_own_folders(tmp_path: Path) -> None:
    write_pairs(tmp_path / "our485", ["2.png", "5.png"], ("low", "high"))
    write_pairs(tmp_path / "eval15", ["1.png"], ("low", "high"))
    task = find_task("low_light_enhancement")
    assert len(task.samples("lol", tmp_path, "train")) == 2
    (sample,) = task.samples("lol", tmp_path)
    assert sample.key == "eval15/low/1.png"
    np.testing.assert_array_equal(sample.target, shade(0))
    assert task.pair(sample, size=16).input.shape == (1, 16, 16, 3)


def test_folders_without_splits_are_split_by_hash(tmp_path: Path) -> None:
    write_pairs(tmp_path, [f"deep/{number}.png" for number in range(12)])
    assert len(paired_folders(tmp_path, "test")) == len(paired_folders(tmp_path, "train")) == 12
    keys = {split: {sample.key for sample in paired_folders(tmp_path, split, test_share=0.4)} for split in SPLITS}
    assert not keys["train"] & keys["test"]
    assert len(keys["train"]) + len(keys["test"]) == 12
    assert keys["test"]


SPLITS = ("train", "test")


@pytest.mark.parametrize(
    ("match", "source", "target"),
    [
        ("name", "a/7.jpg", "a/7.png"),
        ("number", "rain-007.png", "norain-7.png"),
        ("number", "3/im_0007_x2.png", "3/7_2_clean.png"),
        ("prefix", "1400_1_0.8.png", "1400.png"),
    ],
)
def test_rules_by_which_names_match(tmp_path: Path, match: str, source: str, target: str) -> None:
    write_image(tmp_path / "input" / source, shade(0))
    write_image(tmp_path / "target" / target, shade(0))
    write_image(tmp_path / "target" / "unused_99.png", shade(1))
    (sample,) = paired_folders(tmp_path, "test", match=match)
    assert sample.key == f"input/{source}"
    assert sample.meta["target_path"] == str(tmp_path / "target" / target)


def test_several_inputs_may_share_a_target_of_another_size(tmp_path: Path) -> None:
    for number in (1, 2):
        write_image(tmp_path / "hazy" / f"1400_{number}.png", shade(number, 10, 12))
    whole = shade(5, 14, 18)
    write_image(tmp_path / "gt" / "1400.png", whole)
    task = find_task("dehazing")
    samples = task.samples("sots_indoor", tmp_path)
    assert [sample.key for sample in samples] == ["hazy/1400_1.png", "hazy/1400_2.png"]
    np.testing.assert_array_equal(samples[1].target, whole[:, 2:12, 3:15])
    strict = paired_folders(tmp_path, "test", input="hazy", target="gt", match="prefix")
    with pytest.raises(InputError, match=r"1400_1\.png: is 12 x 10 pixels, but 1400\.png is 18 x 14"):
        strict[0]
    with pytest.raises(InputError, match="no train split"):
        task.samples("sots_indoor", tmp_path, "train")


def test_errors_of_layout(rain: Path) -> None:
    with pytest.raises(RootNeededError, match=r"test/input/<name>\.png beside test/target/<name>\.png"):
        paired_folders(None, "test", train="train", test="test")
    with pytest.raises(InputError, match="no such folder"):
        paired_folders(rain / "nowhere", "test")
    with pytest.raises(InputError, match=r"expected eval15/low/<name>\.png beside .*; found test/, train/"):
        paired_folders(rain, "test", input="low", target="high", train="our485", test="eval15")
    with pytest.raises(InputError, match="no split 'val'"):
        paired_folders(rain, "val")
    with pytest.raises(ValueError, match="match is one of name, number, prefix"):
        paired_folders(rain, "test", match="stem")


def test_files_without_partner_or_with_two(rain: Path) -> None:
    lonely = rain / "train" / "input" / "9.png"
    write_image(lonely, shade(0))
    with pytest.raises(InputError, match=r"input/9\.png: no image in .*target has its name '9'"):
        paired_folders(rain, "train", train="train", test="test")
    lonely.unlink()
    write_image(rain / "train" / "target" / "01.png", shade(0))
    with pytest.raises(InputError, match="goes by the same number as"):
        paired_folders(rain, "train", train="train", test="test", match="number")
    (rain / "train" / "target" / "01.png").write_bytes(b"\x89PNG nonsense")
    (rain / "train" / "input" / "01.png").write_bytes(b"\x89PNG nonsense")
    with pytest.raises(InputError, match=r"01\.png"):
        paired_folders(rain, "train", train="train", test="test")[0]


@pytest.fixture
def blurred(tmp_path: Path) -> Path:
    for split, sequence in (("train", "GOPR0372_07_00"), ("test", "GOPR0384_11_00"), ("test", "GOPR0384_11_05")):
        for place, frame in enumerate(("000001.png", "000002.png")):
            folder = tmp_path / split / sequence
            write_image(folder / "sharp" / frame, shade(place))
            write_image(folder / "blur" / frame, shade(place) // 2)
            write_image(folder / "blur_gamma" / frame, shade(place) // 3)
            (folder / "frames.txt").write_text("no picture", encoding="utf-8")
    return tmp_path


def test_gopro_takes_either_blur(blurred: Path) -> None:
    task = find_task("motion_deblurring")
    samples = task.samples("gopro", blurred)
    assert len(samples) == 4
    assert samples[3].key == "test/GOPR0384_11_05/blur/000002.png"
    np.testing.assert_array_equal(samples[3].input, shade(1) // 2)
    np.testing.assert_array_equal(samples[3].target, shade(1))
    assert samples[0].whole
    (first, _) = gopro(blurred, "train", blur_gamma=True)
    assert first.key == "train/GOPR0372_07_00/blur_gamma/000001.png"
    np.testing.assert_array_equal(first.input, shade(0) // 3)
    assert not first.whole


def test_gopro_errors(blurred: Path) -> None:
    with pytest.raises(RootNeededError, match=r"test/<sequence>/blur/000001\.png"):
        gopro(None, "test")
    with pytest.raises(InputError, match=r"expected test/<sequence>/blur/.*; found GOPR0384_11_00/, GOPR0384_11_05/"):
        gopro(blurred / "test", "test")
    with pytest.raises(InputError, match="no split 'validation'"):
        gopro(blurred, "validation")
    (blurred / "test" / "GOPR0384_11_00" / "sharp" / "000002.png").unlink()
    with pytest.raises(InputError, match=r"000002\.png: no image in .*sharp has its name"):
        gopro(blurred, "test")


def test_cards_of_benchmarks_are_in_order_on_their_data(rain: Path) -> None:
    checks = check_task(find_task("deraining"), {"rain100l": rain, "rain100h": rain}, size=16)
    by_name = {check.what: check for check in checks}
    for name in ("rain100l", "rain100h"):
        assert by_name[f"data {name}"].ok, by_name[f"data {name}"].detail
        assert by_name[f"data {name}"].scores["psnr_y"] == float("inf")
        assert by_name[f"data {name}"].scores["perceptual_distance"] == 0
