"""Bootstrap intervals over the items of a set."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVEL: Final = 0.95
_RESAMPLES: Final = 2000
_SEED: Final = 0


def interval(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """The percentile interval of the mean of `values`, one an item; None for fewer than two, or if one isn't finite.

    The resampling has a fixed seed, so the same values give the same interval.
    """
    count = len(values)
    if count < 2 or not np.isfinite(values).all():
        return None
    drawn = np.random.default_rng(_SEED).integers(0, count, size=(_RESAMPLES, count))
    low, high = np.quantile(values[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
