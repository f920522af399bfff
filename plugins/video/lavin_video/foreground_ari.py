"""Adjusted Rand index of the foreground."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lavincli.builtins.averages import Averages
from lavincli.clip import Clip
from lavincli.errors import InputError


class ForegroundARI(Averages):
    """FG-ARI: how alike the pixels of true objects are grouped, all frames of a clip together; averaged over items.

    The adjusted Rand index (Hubert and Arabie, 1985) of the true and the predicted ids of those pixels that belong to
    an object in the truth; a predicted background is a group like any other. 1 is the same grouping, 0 what chance
    gives. Background taken for an object costs nothing. As scikit-learn's ``adjusted_rand_score`` it is 1 where both
    have one group, or none. Used for MOVi since Kipf et al., "SAVi", ICLR 2022.
    """

    higher_is_better = MappingProxyType({"fg_ari": True})

    def update(self, prediction: NDArray[np.int32], target: NDArray[np.int32], *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``int32 [T, H, W]`` or ``[H, W]``. Raises InputError for other shapes."""
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted ids are {list(prediction.shape)}, the target {list(target.shape)}")
        objects = target > 0
        self.add({"fg_ari": adjusted_rand_index(prediction[objects], target[objects])})


def adjusted_rand_index(one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
    """The adjusted Rand index of two groupings of the same things, each ``[N]``."""
    _, rows = np.unique(one, return_inverse=True)
    _, columns = np.unique(other, return_inverse=True)
    if not len(rows):
        return 1.0
    width = int(columns.max()) + 1
    table = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width).reshape(-1, width)
    # Pairs that are together in both, in the one and in the other.
    both, first, second = (_pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = first * second / max(_pairs(np.array([len(rows)])), 1.0)
    largest = (first + second) / 2
    return 1.0 if largest == expected else float((both - expected) / (largest - expected))


def _pairs(counts: NDArray[np.integer]) -> float:
    values = counts.astype(np.float64)
    return float((values * (values - 1)).sum() / 2)
