"""Averages of maps that may have gaps (NaN)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]


def mean_of_known(values: Sequence[Map]) -> Map:
    """The mean at each place of the values that are known there; NaN where none is."""
    total, count = np.zeros(values[0].shape, dtype=np.float64), np.zeros(values[0].shape)
    for value in values:
        known = np.isfinite(value)
        total += np.where(known, value, 0)
        count += known
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0).astype(np.float32)


def weighted_mean(before: Map, after: Map, weight: float) -> Map:
    """``(1 - weight) * before + weight * after``; where one isn't known, the other."""
    mixed = (1 - weight) * before + weight * after
    mean: Map = np.where(np.isfinite(before), np.where(np.isfinite(after), mixed, before), after).astype(np.float32)
    return mean
