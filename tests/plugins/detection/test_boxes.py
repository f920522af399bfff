"""Boxes as pictures: drawn, compressed, read back."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.box_average_precision import BoxAveragePrecision
from lavin_recognition.boxes import BoxesCodec
from numpy.typing import NDArray
from PIL import Image

from lavincli.cards.framing import Frame
from lavincli.clip import Clip
from lavincli.media.geometry import resize
from lavincli.natives import Boxes

SIZES = [128, 256, 512]


def layout(seed: int, size: int, *, count: int | None = None) -> Boxes:
    """Up to eight boxes at random: apart, overlapping, one in another, at the edge; 1/16 of the side and larger."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 9)) if count is None else count
    boxes: list[list[int]] = []
    while len(boxes) < count:
        width, height = (int(side) for side in random.integers(size // 16, size // 2, 2))
        left, top = int(random.integers(0, size - width + 1)), int(random.integers(0, size - height + 1))
        # Two outlines that lie on one another are one to any reader.
        if all(
            max(abs(a - b) for a, b in zip((left, top, width, height), box, strict=True)) > size / 16 for box in boxes
        ):
            boxes.append([left, top, width, height])
    return Boxes.of(np.array(boxes, dtype=np.float32), (size, size))


def compressed(clip: Clip, *, subsampling: int = 2) -> Clip:
    file = io.BytesIO()
    Image.fromarray(clip[0]).save(file, "JPEG", quality=90, subsampling=subsampling)
    return np.asarray(Image.open(file))[None]


def noisy(clip: Clip) -> Clip:
    noise = np.random.default_rng(0).normal(0, 4, clip.shape)
    return np.clip(clip + noise + 0.5, 0, 255).astype(np.uint8)


def scores(prediction: Boxes, truth: Boxes) -> dict[str, float]:
    metric = BoxAveragePrecision()
    metric.update(prediction, truth)
    return metric.compute()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("how", ["as it is", "4:2:0", "4:4:4", "noise"])
def test_up_to_eight_boxes_come_back(size: int, how: str) -> None:
    codec = BoxesCodec()
    precision = []
    for seed in range(6):
        truth = layout(seed, size)
        picture = codec.render(truth)
        spoiled = {
            "as it is": picture,
            "4:2:0": compressed(picture),
            "4:4:4": compressed(picture, subsampling=0),
            "noise": noisy(picture),
        }[how]
        read = codec.decode(spoiled)
        precision.append(scores(read, truth)["ap50"])
        if how == "as it is":
            assert len(read) == len(truth)
    assert min(precision) == 1


def test_twenty_boxes_come_back_in_a_photos_shape() -> None:
    """Their lines hide and mix with each other; to look for them takes little longer for each one than for one."""
    codec = BoxesCodec()
    seconds = []
    for count in (2, 20):
        truth = layout(1, 480, count=count)
        wide = Boxes.of(truth.xywh * [4 / 3, 1, 4 / 3, 1], (480, 640))
        picture = compressed(codec.render(wide))
        before = time.process_time()
        read = codec.decode(picture)
        seconds.append(time.process_time() - before)
        assert scores(read, wide)["ap50"] > 0.98
    assert seconds[1] < 100 * seconds[0]


def test_lines_may_be_thinner_than_drawn() -> None:
    """A context may have been drawn at twice the size, and its lines shrunk to a pixel."""
    codec = BoxesCodec()
    for seed in range(3):
        large = codec.render(layout(seed, 256, count=5))
        small = resize(large, (128, 128), "bicubic")
        truth = Boxes.of(layout(seed, 256, count=5).xywh / 2, (128, 128))
        assert scores(codec.decode(small), truth)["ap50"] == 1


def test_places_come_back_within_a_pixel() -> None:
    codec = BoxesCodec()
    truth = layout(3, 256, count=4)
    read = codec.decode(compressed(codec.render(truth)))
    for box in truth.xywh:
        corners = np.concatenate([box[:2], box[:2] + box[2:]])
        found = np.concatenate([read.xywh[:, :2], read.xywh[:, :2] + read.xywh[:, 2:]], axis=1)
        assert np.abs(found - corners).max(axis=1).min() < 1


def test_rendering_is_the_same_each_time_and_black_elsewhere() -> None:
    codec = BoxesCodec()
    truth = layout(1, 128, count=5)
    picture = codec.render(truth)
    np.testing.assert_array_equal(picture, codec.render(truth))
    assert picture.shape == (1, 128, 128, 3)
    assert (picture.max(axis=3) == 0).mean() > 0.5
    assert not codec.render(Boxes.of(np.zeros((0, 4)), (128, 128))).any()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_no_boxes_in_a_plain_picture(level: int) -> None:
    assert len(BoxesCodec().decode(np.full((1, 128, 128, 3), level, dtype=np.uint8))) == 0


def test_any_picture_can_be_read() -> None:
    random = np.random.default_rng(0)
    for picture in (
        random.integers(0, 256, (1, 96, 128, 3), dtype=np.uint8),
        (random.random((1, 96, 128, 1)) < 0.02).astype(np.uint8).repeat(3, axis=3) * 255,
        np.zeros((1, 1, 1, 3), np.uint8),
    ):
        boxes = BoxesCodec().decode(picture)
        assert boxes.size == picture.shape[1:3]
        assert np.isfinite(boxes.xywh).all()


def test_cut_and_mirrored() -> None:
    truth = Boxes.of(np.array([[10, 20, 40, 30], [150, 0, 50, 100]], dtype=np.float32), (100, 200))
    # The centred square is columns 50 to 150: of the first box nothing is left, of the second neither.
    assert len(BoxesCodec().cut(truth, Frame(), 100)) == 0
    whole = BoxesCodec().cut(truth, Frame(whole=True), 50)
    np.testing.assert_allclose(whole.xywh, [[2.5, 10, 10, 15], [37.5, 0, 12.5, 50]])
    mirrored = BoxesCodec().cut(truth, Frame(scale=1, right=0, mirrored=True), 100)
    np.testing.assert_allclose(mirrored.xywh, [[50, 20, 40, 30]])
    assert mirrored.size == (100, 100)


def test_saved_as_cocos_results(tmp_path: Path) -> None:
    boxes = Boxes.of(np.array([[1, 2, 3, 4]], np.float32), (10, 10), scores=np.array([0.5]))
    (file,) = BoxesCodec().save(boxes, tmp_path / "000000000139")
    assert json.loads(file.read_text()) == [{"image_id": 139, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]


def test_wrong_shapes_are_refused() -> None:
    clip: NDArray[np.uint8] = np.zeros((2, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="2 frames"):
        BoxesCodec().decode(clip)
