from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lavin_recognition.boundary_f import BoundaryF
from lavin_recognition.boundary_matching import match_lines
from lavin_recognition.edge_map import EdgeMap, EdgeMapCodec
from numpy.typing import NDArray

from lavincli.errors import InputError


def line(row: int, size: int = 100, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
    drawn = np.zeros((size, size), dtype=np.float32)
    drawn[row, start:stop] = 1
    return drawn


def score(prediction: EdgeMap, target: EdgeMap, **options: float) -> dict[str, float]:
    metric = BoundaryF(**options)  # type: ignore[arg-type]
    metric.update(prediction, target)
    return metric.compute()


def test_boundary_f_of_known_cases() -> None:
    # 100 x 100: the tolerance is 0.0075 * 141.4 = 1.06 pixels.
    perfect = {"ods": 1.0, "ois": 1.0, "ap": 1.0}
    assert score(line(50), line(50)) == pytest.approx(perfect)
    assert score(line(51), line(50)) == pytest.approx(perfect)
    assert score(line(52), line(50))["ods"] == 0
    # Half of the line is found: precision 1, recall 0.5 (the pixel beside its end is near enough to none else).
    assert score(line(50, stop=50), line(50))["ods"] == pytest.approx(2 / 3)
    # Twice the line is predicted, far apart: precision 0.5, recall 1.
    assert score(np.maximum(line(50), line(20)), line(50)) == pytest.approx({"ods": 2 / 3, "ois": 2 / 3, "ap": 0.5})


def test_boundary_f_of_nothing() -> None:
    nothing = np.zeros((100, 100), dtype=np.float32)
    assert score(nothing, nothing) == pytest.approx({"ods": 1.0, "ois": 1.0, "ap": 1.0})
    assert score(nothing, line(50))["ods"] == 0
    assert score(line(50), nothing)["ods"] == 0


def count_matches(lines: NDArray[np.bool_], truth: NDArray[np.bool_], radius: float) -> int:
    line_matched, truth_matched = match_lines(lines, truth, radius)
    assert not (line_matched & ~lines).any()
    assert not (truth_matched & ~truth).any()
    assert line_matched.sum() == truth_matched.sum()
    return int(line_matched.sum())


def test_one_pixel_is_matched_once() -> None:
    prediction, target = np.zeros((2, 20, 20), dtype=bool)
    prediction[10, 9], prediction[10, 11] = True, True
    target[10, 10] = True
    assert count_matches(prediction, target, 1.0) == 1
    # A greedy choice could pair (5, 5) with (5, 6) and leave (5, 7) alone; the largest matching pairs both.
    prediction, target = np.zeros((2, 20, 20), dtype=bool)
    prediction[5, 5], prediction[5, 7] = True, True
    target[5, 6], target[5, 4] = True, True
    assert count_matches(prediction, target, 1.0) == 2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 1.5, 2.7]))
def test_matches_are_as_many_as_an_assignment_finds(seed: int, radius: float) -> None:
    from scipy.optimize import linear_sum_assignment

    random = np.random.default_rng(seed)
    prediction, target = random.random((2, 12, 12)) < 0.2
    first, second = np.argwhere(prediction), np.argwhere(target)
    near = np.hypot(*(first[:, None] - second).transpose(2, 0, 1)) <= radius
    rows, columns = linear_sum_assignment(near, maximize=True)
    assert count_matches(prediction, target, radius) == near[rows, columns].sum()


def test_several_people_precision_against_any_recall_over_all() -> None:
    # Three people drew a line at 20, at 50, and both; the answer has the one at 50.
    both = np.maximum(line(20), line(50))
    people = np.stack([line(20), line(50), both]) > 0
    scores = score(line(50), people)
    # Precision: all of it is somebody's, 1. Recall: none of 100, 100 of 100, 100 of 200.
    assert scores["ods"] == pytest.approx(2 * 0.5 / 1.5)
    assert scores["ap"] == pytest.approx(0.5)
    # An answer with a line of its own beside both: precision 2/3, recall 1.
    assert score(np.maximum(both, line(80)), people)["ods"] == pytest.approx(2 * (2 / 3) / (5 / 3))
    # Half of what is predicted is near one person's line: counted once, not once for each who drew it.
    assert score(np.maximum(line(50), line(80)), np.stack([line(50)] * 3) > 0)["ods"] == pytest.approx(2 / 3)


def test_several_peoples_truth_is_perfect_against_itself_and_drawn_as_mean() -> None:
    people = np.stack([line(20), line(50), np.maximum(line(20), line(51))]) > 0
    people[:, 60:80, 30:32] = True  # somebody's line is two pixels wide
    assert score(people, people) == pytest.approx({"ods": 1.0, "ois": 1.0, "ap": 1.0})
    codec = EdgeMapCodec()
    drawn = codec.decode(codec.render(people))
    assert drawn[20, 0] == pytest.approx(2 / 3, abs=1 / 255)
    # At a threshold below 1/3 all lines are there: 50 and 51 are one line for matching, which each person gets.
    assert score(drawn, people)["ods"] > 0.9
    metric = BoundaryF()
    assert metric.picture_loss == {}
    metric.merge(merged := BoundaryF())
    merged.update(people, people)
    metric.merge(merged)
    assert set(metric.picture_loss) == {"ods", "ois", "ap"}
    with pytest.raises(InputError, match="target"):
        score(people[:2], people)


def test_ods_takes_one_threshold_for_all_and_ois_one_for_each() -> None:
    # The right line is at 0.8 in one picture and at 0.3 in the other, beside a wrong one that is fainter.
    metric = BoundaryF()
    metric.update(np.maximum(line(50) * 0.8, line(20) * 0.5), line(50))
    metric.update(np.maximum(line(50) * 0.3, line(20) * 0.1), line(50))
    scores = metric.compute()
    assert scores["ois"] == pytest.approx(1.0)
    # At 0.2: precision 2/3, recall 1; above 0.5: precision 1, recall 1/2.
    assert scores["ods"] == pytest.approx(0.8)


def test_thick_predictions_are_thinned_first() -> None:
    thick = np.zeros((100, 100), dtype=np.float32)
    thick[48:53] = 1
    assert score(thick, line(50))["ods"] > 0.95


def test_boundary_f_wrong_use() -> None:
    with pytest.raises(InputError, match="no item"):
        BoundaryF().compute()
    with pytest.raises(InputError, match="target"):
        score(line(5, 50), line(5, 60))
    with pytest.raises(ValueError, match="thresholds"):
        BoundaryF(thresholds=0)
