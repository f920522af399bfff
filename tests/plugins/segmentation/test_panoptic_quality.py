from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lavin_recognition.panoptic_quality import PanopticQuality
from torchmetrics.functional.detection import panoptic_quality as reference

from lavincli.errors import InputError
from tests.plugins.segmentation.made_segments import Ids, patchwork

PERFECT = {"pq": 1.0, "sq": 1.0, "rq": 1.0, "ar": 1.0}


def scores(*pairs: tuple[Ids, Ids]) -> dict[str, float]:
    metric = PanopticQuality()
    for prediction, truth in pairs:
        metric.update(prediction, truth)
    return metric.compute()


def row(*runs: tuple[int, int]) -> Ids:
    """``[1, W]`` of (id, length) after each other."""
    return np.concatenate([np.full(length, number, dtype=np.int32) for number, length in runs])[None]


def test_truth_against_truth_is_perfect_whatever_the_ids() -> None:
    truth = patchwork(64, 0)
    assert scores((truth, truth)) == PERFECT
    assert scores((truth * 3, truth)) == PERFECT


def test_by_hand() -> None:
    # One of 10 pixels met in 8 of them (IoU 0.8), one of 10 missed by the half (10 of 22 is no match).
    truth = row((1, 10), (2, 10), (3, 12))
    prediction = row((5, 8), (6, 2), (7, 22))
    # 7 meets 3 in 12 of 22 = 0.545; 6 meets nothing; 2 is lost.
    found = scores((prediction, truth))
    iou = 0.8, 12 / 22
    assert found["sq"] == pytest.approx(sum(iou) / 2)
    assert found["rq"] == pytest.approx(2 / (2 + 0.5 + 0.5))
    assert found["pq"] == pytest.approx(sum(iou) / 3)
    # Of three segments, at 0.5: 2; at 0.55 to 0.8 (six steps): 1; above: none.
    assert found["ar"] == pytest.approx((2 + 6) / 3 / 10)


def test_an_iou_of_exactly_half_is_no_match() -> None:
    assert scores((row((1, 5), (0, 5)), row((1, 10)))) == {"pq": 0.0, "sq": 0.0, "rq": 0.0, "ar": 0.0}


def test_void_is_left_out_of_unions_and_forgives_what_lies_mostly_in_it() -> None:
    truth = row((1, 10), (0, 10))
    # The union of 1 is 10 pixels, whatever the answer says of the 10 that nobody labelled.
    assert scores((row((4, 20)), truth)) == PERFECT
    # 4 of 6 pixels in void: forgiven. 3 of 6: a mistake.
    forgiven = scores((row((1, 8), (2, 6), (0, 6)), truth))
    assert forgiven == pytest.approx({"pq": 0.8, "sq": 0.8, "rq": 1.0, "ar": 0.7})
    counted = scores((row((1, 7), (2, 6), (0, 7)), truth))
    assert counted == pytest.approx({"pq": 0.7 / 1.5, "sq": 0.7, "rq": 1 / 1.5, "ar": 0.5})


def test_nothing_predicted_and_nothing_to_find() -> None:
    nothing, all_void, one = row((0, 9)), row((0, 9)), row((1, 9))
    assert scores((nothing, all_void)) == PERFECT
    assert scores((one, all_void)) == PERFECT  # all of it is void
    assert scores((nothing, one)) == {"pq": 0.0, "sq": 0.0, "rq": 0.0, "ar": 0.0}


def test_sets_pool_their_segments_and_merge() -> None:
    first = row((1, 10), (2, 10)), row((1, 10), (2, 10))
    second = row((1, 20)), row((1, 6), (2, 7), (3, 7))
    pooled = scores(first, second)
    assert pooled["pq"] == pytest.approx(2 / (2 + 0.5 * (1 + 3)))
    assert pooled["ar"] == pytest.approx(2 / 5)
    merged = PanopticQuality()
    for prediction, truth in (first, second):
        item = PanopticQuality()
        item.update(prediction, truth)
        merged.merge(item)
    assert merged.compute() == pooled


def by_torchmetrics(prediction: Ids, truth: Ids) -> list[float]:
    """PQ, SQ, RQ with one category of things; void is a category it doesn't know."""

    def tensor(ids: Ids) -> torch.Tensor:
        return torch.from_numpy(np.stack([np.where(ids > 0, 1, 0), ids], axis=-1))[None].long()

    found = reference(
        tensor(prediction),
        tensor(truth),
        things={1},
        stuffs={2},
        allow_unknown_preds_category=True,
        return_sq_and_rq=True,
        return_per_class=True,
    )
    return [float(value) for value in found[0]]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.booleans())
def test_agrees_with_torchmetrics(seed: int, shift: int, holes: bool) -> None:
    random = np.random.default_rng(seed)
    truth = patchwork(48, seed % 1000, cells=6, thin=2, holes=2 * holes)
    prediction = np.roll(truth, shift, axis=1)
    prediction[prediction == 1] = 2
    prediction[random.random(truth.shape) < 0.1] = 77
    # torchmetrics forgives truths that lie mostly in the prediction's void; here it has none.
    prediction[prediction == 0] = 88
    found = scores((prediction, truth))
    assert [found[key] for key in ("pq", "sq", "rq")] == pytest.approx(by_torchmetrics(prediction, truth), abs=1e-6)


def test_wrong_use() -> None:
    with pytest.raises(InputError, match="no item"):
        PanopticQuality().compute()
    with pytest.raises(InputError, match="target"):
        scores((row((1, 5)), row((1, 6))))
