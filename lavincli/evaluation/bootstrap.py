"""Bootstrap intervals over the items of a set: the percentile interval at 95 %.

The resampling has a fixed seed, so the same items give the same interval, and two systems are resampled alike (paired).
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
    return percentiles(values[resamples(len(values), count)].mean(axis=1))


def percentiles(statistics: NDArray[np.float64]) -> tuple[float, float] | None:
    """The interval of a statistic from its value in every resample; None if one isn't finite."""
    if not np.isfinite(statistics).all():
        return None
    low, high = np.quantile(statistics, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
