"""Bootstrap intervals over the items of a set: the percentile interval at 95 %.

The resampling has a fixed seed, so the same items give the same interval, and two systems are resampled alike (paired).
Some scores of sets are biased in a resampled set: a Fréchet distance takes items that come twice for less variety, and
all its resamples may lie above the score itself. So intervals of such scores are moved to lie around the score, by the
bootstrap's own estimate of that bias (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 10).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVEL: Final = 0.95
_SEED: Final = 0


def resamples(items: int, count: int) -> NDArray[np.int64]:
    """`count` draws of as many items as there are, with repetition: indices ``[count, items]``."""
    return np.random.default_rng(_SEED).integers(0, items, size=(count, items))


def interval(values: NDArray[np.float64], *, count: int = 2000) -> tuple[float, float] | None:
    """The interval of the mean of `values`, one an item; None for fewer than two, or if one isn't finite."""
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    return _percentiles(values[resamples(len(values), count)].mean(axis=1))


def interval_around(score: float, statistics: NDArray[np.float64]) -> tuple[float, float] | None:
    """The interval of a score from its value in every resample, less their bias; None if one isn't finite."""
    if not np.isfinite(statistics).all() or not np.isfinite(score):
        return None
    return _percentiles(statistics + (score - statistics.mean()))


def _percentiles(statistics: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(statistics, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
