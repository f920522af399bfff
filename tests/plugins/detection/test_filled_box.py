from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from lavin_recognition.box_iou import BoxIoU
from lavin_recognition.filled_box import FilledBoxCodec

from lavincli.cards.framing import Frame
from lavincli.natives import Boxes
from tests.plugins.geometry.pictures import as_jpeg, with_noise

CODEC = FilledBoxCodec()


def iou(prediction: Boxes, truth: Boxes) -> float:
    metric = BoxIoU()
    metric.update(prediction, truth)
    return metric.compute()["box_iou"]


@pytest.mark.parametrize("size", [128, 256, 512])
def test_a_box_comes_back_to_a_part_of_a_pixel(size: int) -> None:
    random = np.random.default_rng(size)
    for _ in range(8):
        extent = random.uniform(0.05, 0.6, 2) * size
        truth = Boxes.of(np.r_[random.random(2) * (size - extent), extent], (size, size))
        drawn = CODEC.render(truth)
        for worn in (drawn, as_jpeg(drawn, 0), as_jpeg(drawn, 2), with_noise(as_jpeg(drawn, 2))):
            found = CODEC.decode(worn)
            np.testing.assert_allclose(found.xywh, truth.xywh, atol=0.2)
            assert iou(found, truth) > 0.95


def test_the_largest_white_part_counts() -> None:
    truth = Boxes.of(np.array([[5, 5, 10, 10], [30, 20, 25, 30]]), (64, 64))
    found = CODEC.decode(CODEC.render(truth))
    np.testing.assert_allclose(found.xywh, [[30, 20, 25, 30]], atol=0.05)
    assert found.scores[0] == 1


def test_cut_clips_and_mirrors() -> None:
    truth = Boxes.of(np.array([[10, 10, 20, 20]]), (60, 60))
    np.testing.assert_allclose(CODEC.cut(truth, Frame(mirrored=True), 120).xywh, [[60, 20, 40, 40]])
    np.testing.assert_allclose(CODEC.cut(truth, Frame(scale=0.5, down=0, right=0), 30).xywh, [[10, 10, 20, 20]])


@pytest.mark.parametrize("size", [1, 2, 33])
def test_any_picture_decodes(size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    for clip in (noise, np.zeros_like(noise), np.full_like(noise, 255)):
        found = CODEC.decode(clip)
        assert len(found) <= 1
        assert np.isfinite(found.xywh).all()
    assert len(CODEC.decode(np.zeros_like(noise))) == 0
    with pytest.raises(ValueError, match="stills"):
        CODEC.decode(np.zeros((2, 8, 8, 3), dtype=np.uint8))


def test_saves_results(tmp_path: Path) -> None:
    (path,) = CODEC.save(Boxes.of(np.array([[1, 2, 3, 4.5]]), (64, 64)), tmp_path / "a.b")
    assert path.name == "a.b.json"
    assert json.loads(path.read_text()) == [{"image_id": "a.b", "category_id": 1, "bbox": [1, 2, 3, 4.5], "score": 1}]
