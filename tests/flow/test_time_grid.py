"""Grids of flow times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lavincli.errors import ConfigError
from lavincli.flow.time_grid import time_grid


def formula(points: int) -> list[float]:
    """As the paper's tool builds it, rounded as it stores it."""
    half = points // 2
    early = np.linspace(0, 0.05, half)
    late = 0.05 + 0.95 * np.linspace(1 / points, 1, half) ** 2
    return [round(float(time), 4) for time in (*early, *late)]


@pytest.mark.parametrize("points", [20, 30, 40])
def test_published_grids_have_four_decimals(points: int) -> None:
    assert time_grid(points).tolist() == pytest.approx(formula(points), abs=1e-12)


def test_other_published_grids_follow_the_formula() -> None:
    assert time_grid("published:12").tolist() == pytest.approx(formula(12), abs=5.1e-5)


@given(half=st.integers(1, 200), kind=st.sampled_from(["published", "uniform"]))
def test_from_noise_to_data_and_never_back(half: int, kind: str) -> None:
    times = time_grid(f"{kind}:{2 * half}")
    assert times.shape == (2 * half,)
    assert (float(times[0]), float(times[-1])) == (0.0, 1.0)
    assert (times.diff() > 0).all()


def test_names_of_one_grid() -> None:
    assert time_grid(20).equal(time_grid("published:20"))
    assert time_grid("uniform:5").tolist() == [0, 0.25, 0.5, 0.75, 1]


@given(points=st.integers(2, 100), shift=st.floats(0.05, 20))
def test_shifted_grids(points: int, shift: float) -> None:
    """The noise left, 1 - t, is what Stable Diffusion 3 shifts; a factor and its inverse mirror each other."""
    times = time_grid(f"shifted:{points}:{shift}").numpy()
    left = 1 - np.linspace(0, 1, points)
    assert times == pytest.approx(1 - shift * left / (1 + (shift - 1) * left), abs=1e-9)
    assert times == pytest.approx(1 - time_grid(f"shifted:{points}:{1 / shift}").numpy()[::-1], abs=1e-9)
    assert (np.diff(times) > 0).all()


def test_a_shift_of_one_is_none() -> None:
    assert time_grid("shifted:9:1").equal(time_grid("uniform:9"))
    assert (time_grid("shifted:9:3")[1:-1] < time_grid("uniform:9")[1:-1]).all()


@pytest.mark.parametrize(
    "grid",
    [
        0,
        1,
        -20,
        21,
        "published:21",
        "uniform:1",
        "uniform",
        "uniform:",
        "uniform:x",
        "cosine:20",
        "",
        "20",
        "shifted:5",
        "shifted:5:0",
        "shifted:5:x",
        "shifted:5:inf",
        "uniform:5:2",
    ],
)
def test_grids_refused(grid: int | str) -> None:
    with pytest.raises(ConfigError, match=f"grid '{grid}'"):
        time_grid(grid)
