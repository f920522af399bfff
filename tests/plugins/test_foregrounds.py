from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.color_mask import ColorMaskCodec
from lavin_recognition.composed_foregrounds import composed_foregrounds
from lavin_recognition.mean_iou import MeanIoU
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from lavincli.bundle import bundled_folder
from lavincli.cards.framing import Frame
from lavincli.clip import Pair
from lavincli.errors import InputError
from lavincli.media.images import read_image, write_image
from tests.plugins.geometry.pictures import as_jpeg
from tests.small_tasks import picture


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """photos/ with two photos, cutouts/ with a red square, and one of a held-out name."""
    for number in range(2):
        write_image(tmp_path / "photos" / f"{number}.png", picture(number, 60, 80))
    square = np.zeros((40, 40, 4), dtype=np.uint8)
    square[5:35, 5:35] = (255, 0, 0, 255)
    (tmp_path / "cutouts").mkdir()
    for name in ("square.png", "octopus.png"):
        Image.fromarray(square).save(tmp_path / "cutouts" / name)
    return tmp_path


def test_object_is_where_the_mask_says(corpus: Path) -> None:
    sample = composed_foregrounds(corpus, "train", size=64)[3]
    reds = (sample.input[0, ..., 0] > 180) & (sample.input[0, ..., 1] < 40)
    assert sample.target.dtype == np.bool_
    assert sample.target.shape == (64, 64)
    # A turned square: the mask and the red pixels differ along the antialiased outline at most.
    outline = ndimage.binary_dilation(sample.target) & ~ndimage.binary_erosion(sample.target)
    assert not ((reds != sample.target) & ~outline).any()
    assert sample.key.endswith("/000003")


def test_scale_is_the_longer_side_of_the_object(corpus: Path) -> None:
    for index in range(10):
        target = composed_foregrounds(corpus, "train", size=100, scale=(0.5, 0.5))[index].target
        rows, columns = np.nonzero(target)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(50, abs=3)


def test_samples_depend_on_index_and_seed_alone(corpus: Path) -> None:
    samples = composed_foregrounds(corpus, "test", size=32, length=20)
    again = composed_foregrounds(corpus, "test", size=32, length=50)
    np.testing.assert_array_equal(samples[7].input, again[7].input)
    assert (samples[7].input != composed_foregrounds(corpus, "test", size=32, seed=1, length=20)[7].input).any()
    assert len({samples[index].target.tobytes() for index in range(20)}) == 20


def test_held_out_objects_are_never_trained_on(corpus: Path) -> None:
    names = {path.stem for path in bundled_folder("cutouts").glob("*.webp")}
    assert len(names) == 24
    train = composed_foregrounds(corpus, "train", size=16)
    assert len(train) == 100_000
    assert {train[index].meta["cutout"] for index in range(30)} == {"square.png"}
    test = composed_foregrounds(corpus, "test", size=16, length=30)
    assert {test[index].meta["cutout"] for index in range(30)} == {"square.png", "octopus.png"}
    left = composed_foregrounds(corpus, "test", size=16, length=30, exclude_cutouts=["square.png"])
    assert {left[index].meta["cutout"] for index in range(30)} == {"octopus.png"}


def test_bundled_data_go_through_every_object_once() -> None:
    samples = composed_foregrounds(None, "test", size=16)
    assert {samples[index].meta["cutout"] for index in range(24)} == {
        path.name for path in bundled_folder("cutouts").glob("*.webp")
    }


def test_wrong_roots_and_cutouts_say_what_is_expected(corpus: Path) -> None:
    with pytest.raises(InputError, match="bundled photos are kept for tests"):
        composed_foregrounds(None, "train")
    with pytest.raises(InputError, match="bundled cutouts are kept for tests"):
        composed_foregrounds(corpus / "photos", "train")
    with pytest.raises(InputError, match="pictures with alpha"):
        composed_foregrounds(corpus / "photos", "test", cutouts=str(corpus / "nowhere"))
    with pytest.raises(InputError, match="opaque everywhere"):
        composed_foregrounds(corpus / "photos", "test", cutouts=str(corpus / "photos"))[0]
    with pytest.raises(ValueError, match="scale"):
        composed_foregrounds(corpus, "test", scale=(0.9, 0.3))


@pytest.mark.parametrize("size", [64, 128, 256])
@pytest.mark.parametrize("color", [(255, 255, 255), (230, 40, 60), (0, 90, 0)])
def test_mask_survives_noise(size: int, color: tuple[int, int, int]) -> None:
    mask = composed_foregrounds(None, "test", size=size)[0].target
    codec = ColorMaskCodec(color=color)
    rgb = codec.render(mask)
    np.testing.assert_array_equal(codec.decode(rgb), mask)
    noisy = np.clip(rgb + np.random.default_rng(0).normal(0, 8, rgb.shape), 0, 255).astype(np.uint8)
    assert iou(codec.decode(noisy), mask) > 0.98


def test_decode_reads_the_contexts_colour() -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[2:5, 2:6] = True
    green = ColorMaskCodec(color=(0, 120, 0))
    context = [Pair("a", green.render(mask), green.render(mask))]
    white = ColorMaskCodec()
    answer = green.render(mask)
    assert white.decode(answer).sum() == 0
    np.testing.assert_array_equal(white.decode(answer, context=context), mask)
    empty = [Pair("a", answer, np.zeros_like(answer))]
    np.testing.assert_array_equal(white.decode(white.render(mask), context=empty), mask)


def test_mask_codec_saves_and_refuses(tmp_path: Path) -> None:
    mask = np.eye(8, dtype=bool)
    (path,) = ColorMaskCodec(color=(255, 0, 0)).save(mask, tmp_path / "mask.of.a")
    assert path.name == "mask.of.a.png"
    np.testing.assert_array_equal(read_image(path)[0, ..., 0] == 255, mask)
    with pytest.raises(ValueError, match="nearly black"):
        ColorMaskCodec(color=(10, 10, 10))
    with pytest.raises(ValueError, match="bool"):
        ColorMaskCodec().render(mask.astype(np.uint8))


def iou(prediction: NDArray[np.bool_], target: NDArray[np.bool_]) -> float:
    metric = MeanIoU()
    metric.update(prediction, target)
    return metric.compute()["mean_iou"]


def test_mean_iou_by_hand() -> None:
    left, right, none = np.zeros((3, 4, 4), dtype=bool)
    left[:, :2] = True
    right[:, 1:3] = True
    assert iou(left, left) == 1
    assert iou(left, right) == pytest.approx(4 / 12)
    assert iou(none, none) == 1
    assert iou(none, left) == iou(left, none) == 0
    metric = MeanIoU()
    metric.update(left, left)
    metric.update(left, right)
    assert metric.compute()["mean_iou"] == pytest.approx((1 + 1 / 3) / 2)
    with pytest.raises(InputError, match="no item"):
        MeanIoU().compute()
    with pytest.raises(InputError, match="target"):
        metric.update(left, np.zeros((5, 5), dtype=bool))


@pytest.mark.parametrize("size", [128, 256, 512])
@pytest.mark.parametrize("color", [(255, 255, 255), (230, 40, 60), (40, 60, 255)])
def test_mask_survives_jpeg(size: int, color: tuple[int, int, int]) -> None:
    codec = ColorMaskCodec(color=color)
    for sample in composed_foregrounds(None, "test", size=512)[:3]:
        mask = codec.cut(sample.target, Frame(), size)
        for subsampling in (0, 2):
            assert iou(codec.decode(as_jpeg(codec.render(mask), subsampling)), mask) >= 0.98


def test_cut_masks_keep_their_values_and_mirror() -> None:
    mask = np.zeros((40, 60), dtype=bool)
    mask[10:30, 10:20] = True
    codec = ColorMaskCodec()
    np.testing.assert_array_equal(codec.cut(mask, Frame(mirrored=True), 40), mask[:, 49:9:-1])
    squeezed = codec.cut(mask, Frame(whole=True), 20)
    assert squeezed.dtype == np.bool_
    assert squeezed.sum() == 10 * 4


def test_mean_iou_at_other_sizes() -> None:
    truth, prediction = np.zeros((2, 333, 333), dtype=bool)
    truth[:, :111] = True
    prediction[1::3, :111] = True  # one row of three, the one in the middle
    metric = MeanIoU(sizes=[111, 1])
    metric.update(prediction, truth)
    assert metric.compute() == pytest.approx({"mean_iou": 1 / 3, "mean_iou_111": 1.0, "mean_iou_1": 1.0})
    assert list(metric.higher_is_better) == ["mean_iou", "mean_iou_111", "mean_iou_1"]
    whole = MeanIoU(sizes=[111, 1])
    whole.update(truth, truth)
    whole.merge(metric)
    assert whole.compute() == pytest.approx({"mean_iou": 2 / 3, "mean_iou_111": 1.0, "mean_iou_1": 1.0})
    for sizes in ([0], [64, 64]):
        with pytest.raises(ValueError, match="sizes"):
            MeanIoU(sizes=sizes)
