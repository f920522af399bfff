from __future__ import annotations

import numpy as np
import pytest
from lavin_geometry.endpoint_error import EndpointError
from numpy.typing import NDArray

from lavincli.blocks import Mergeable
from lavincli.errors import InputError


def flow(*vectors: tuple[float, float]) -> NDArray[np.float64]:
    return np.array([vectors], dtype=np.float64)


def scores(prediction: NDArray[np.float64], target: NDArray[np.float64], align: str = "none") -> dict[str, float]:
    metric = EndpointError(align=align)  # type: ignore[arg-type]
    metric.update(prediction, target)
    return metric.compute()


def test_by_hand() -> None:
    target = flow((100, 0), (0, 10), (0, 0), (3, 4))
    prediction = flow((104, 0), (0, 14), (0, 2), (3, 4))  # off by 4 (4 % of it), 4 (40 %), 2 and 0
    assert scores(prediction, target) == pytest.approx(
        {"epe": 2.5, "px1": 0.75, "px3": 0.5, "px5": 0, "fl_all": 0.25}, abs=1e-12
    )
    # Exactly 3 pixels, or exactly 5 %, is no outlier yet.
    assert scores(flow((3, 0), (105, 0)), flow((0, 0), (100, 0)))["fl_all"] == 0
    assert scores(flow((3, 4)), flow((0, 0))) == {"epe": 5, "px1": 1, "px3": 1, "px5": 0, "fl_all": 1}


def test_unknown_motion_does_not_count() -> None:
    target = flow((1, 0), (np.nan, 0), (np.nan, np.nan))
    assert scores(flow((1, 0), (9, 9), (np.nan, 9)), target)["epe"] == 0


def test_pixels_of_all_items_are_pooled() -> None:
    first, second = EndpointError(), EndpointError()
    first.update(flow((1, 0)), flow((0, 0)))
    second.update(flow((0, 0), (0, 0), (0, 7)), flow((0, 0), (0, 0), (0, 0)))
    assert isinstance(first, Mergeable)
    first.merge(second)
    assert first.compute()["epe"] == 2
    assert first.compute()["px5"] == 0.25


def test_relative_flow_is_scaled_to_the_truth() -> None:
    target = flow((10, 0), (0, 4), (-2, 6))
    assert scores(target / 7, target, "scale")["epe"] == pytest.approx(0, abs=1e-12)
    # Least squares: (1 * 2 + 1 * 4) / (1 + 1) = 3.
    assert scores(flow((1, 0), (0, 1)), flow((2, 0), (0, 4)), "scale")["epe"] == pytest.approx(1)
    # The wrong way round is not turned round: no motion is the best it can be.
    assert scores(-target, target, "scale")["epe"] == pytest.approx(scores(target * 0, target)["epe"])
    assert scores(target * 0, target, "scale")["epe"] == pytest.approx(scores(target * 0, target)["epe"])
    assert scores(target, target * 0, "scale")["epe"] == 0
    clip = np.stack([target, target * 2])
    assert scores(np.stack([target, target]), clip, "scale")["epe"] > 0.5  # one scale for a clip
    assert scores(clip / 3, clip, "scale")["epe"] == pytest.approx(0, abs=1e-12)


def test_says_what_it_can_not_score() -> None:
    metric = EndpointError()
    with pytest.raises(InputError, match="no item"):
        metric.compute()
    with pytest.raises(InputError, match="no pixel"):
        metric.update(flow((0, 0)), flow((np.nan, 0)))
    with pytest.raises(InputError, match="not finite"):
        metric.update(flow((np.nan, 0)), flow((0, 0)))
    with pytest.raises(InputError, match="target"):
        metric.update(flow((0, 0)), flow((0, 0), (0, 0)))
    with pytest.raises(ValueError, match="'none' or 'scale'"):
        EndpointError(align="shift")  # type: ignore[arg-type]
    assert metric.alignment == "none"
    assert "scale" in EndpointError(align="scale").alignment
