from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lavin_recognition.box_iou import BoxIoU
from lavin_recognition.mean_iou import MeanIoU
from numpy.typing import NDArray

from lavincli.errors import InputError
from lavincli.natives import Boxes

SIZE = (100, 200)
NONE = Boxes.of(np.zeros((0, 4)), SIZE)


def box(*xywh: float) -> Boxes:
    return Boxes.of(np.array(xywh), SIZE)


def iou(prediction: Boxes, target: Boxes) -> float:
    metric = BoxIoU()
    metric.update(prediction, target)
    return metric.compute()["box_iou"]


def filled(boxes: Boxes) -> NDArray[np.bool_]:
    """The box as a mask, for whole numbers."""
    mask = np.zeros(boxes.size, dtype=np.bool_)
    for x, y, width, height in boxes.xywh.astype(int):
        mask[y : y + height, x : x + width] = True
    return mask


def test_by_hand() -> None:
    assert iou(box(10, 10, 20, 20), box(10, 10, 20, 20)) == 1
    assert iou(box(10, 10, 20, 20), box(20, 10, 20, 20)) == pytest.approx(1 / 3)
    assert iou(box(10, 10, 20, 20), box(30, 10, 20, 20)) == 0
    assert iou(box(0.5, 0.5, 1, 1), box(0, 0, 2, 2)) == pytest.approx(1 / 4)
    # What lies outside the picture isn't there.
    assert iou(box(-50, -50, 60, 70), box(0, 0, 10, 20)) == 1


def test_nothing_predicted_and_nothing_to_find() -> None:
    assert iou(NONE, NONE) == 1
    assert iou(NONE, box(1, 1, 5, 5)) == iou(box(1, 1, 5, 5), NONE) == 0
    # A box without extent, or outside the picture, is as good as none.
    assert iou(box(7, 7, 0, 4), NONE) == iou(box(300, 7, 4, 4), NONE) == 1


def test_the_surest_of_several_counts() -> None:
    several = Boxes.of(np.array([(0, 0, 9, 9), (20, 20, 10, 10)]), SIZE, scores=np.array([0.4, 0.8]))
    assert iou(several, box(20, 20, 10, 10)) == 1
    with pytest.raises(InputError, match="2 boxes"):
        iou(several, several)


places = st.tuples(st.integers(0, 150), st.integers(0, 60), st.integers(1, 50), st.integers(1, 40))


@given(places, places)
def test_agrees_with_masks_at_their_size_and_at_others(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    prediction, target = box(*one), box(*other)
    of_boxes, of_masks = BoxIoU(sizes=[111, 10]), MeanIoU(sizes=[111, 10])
    of_boxes.update(prediction, target)
    of_masks.update(filled(prediction), filled(target))
    assert list(of_boxes.compute().values()) == pytest.approx(list(of_masks.compute().values()))
    assert list(of_boxes.higher_is_better) == ["box_iou", "box_iou_111", "box_iou_10"]


def test_averages_and_merges() -> None:
    whole, item = BoxIoU(sizes=[20]), BoxIoU(sizes=[20])
    whole.update(box(10, 10, 20, 20), box(10, 10, 20, 20))
    item.update(box(10, 10, 20, 20), box(20, 10, 20, 20))
    whole.merge(item)
    assert whole.compute() == pytest.approx({"box_iou": 2 / 3, "box_iou_20": 2 / 3})


def test_wrong_use() -> None:
    with pytest.raises(InputError, match="no item"):
        BoxIoU().compute()
    with pytest.raises(InputError, match=r"target of one \[100, 200\]"):
        iou(Boxes.of(np.zeros((0, 4)), (5, 5)), NONE)
    for sizes in ([0], [64, 64]):
        with pytest.raises(ValueError, match="sizes"):
            BoxIoU(sizes=sizes)
