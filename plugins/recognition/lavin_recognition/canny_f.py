"""How far a picture has the edges it was asked to have: Canny's detector, run again."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boundary_matching import match_lines
from lavin_recognition.canny import Canny
from lavincli.clip import Clip
from lavincli.errors import InputError

_TOLERANCE = 0.0075
"""Of the diagonal, as in the benchmark of edge detection; at least a pixel."""


class CannyF:
    """F-measure of the edges that `Canny` finds in the answer, against those it finds in the true picture.

    What of an edge map an answer has kept. Pixels are matched one to one within 0.0075 of the diagonal; ``canny_f`` is
    the harmonic mean of precision and recall over all items. Two pictures without edges agree.

    Args:
        sigma, low, high: those of `Canny`.
    """

    higher_is_better = MappingProxyType({"canny_f": True})

    def __init__(self, *, sigma: float = 1.4, low: float = 5.0, high: float = 13.0) -> None:
        self._canny = Canny(sigma=sigma, low=low, high=high)
        self._matched = 0
        self._pixels = 0
        self._items = 0

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``uint8 [T, H, W, 3]``. Raises InputError if their sizes differ."""
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the prediction is {list(prediction.shape)}, the target {list(target.shape)}")
        radius = max(1.0, _TOLERANCE * float(np.hypot(*target.shape[1:3])))
        for found, true in zip(self._edges(prediction), self._edges(target), strict=True):
            matched, _ = match_lines(found, true, radius)
            self._matched += int(np.count_nonzero(matched))
            self._pixels += int(np.count_nonzero(found) + np.count_nonzero(true))
        self._items += 1

    def merge(self, other: CannyF) -> None:
        """Count in the items of another instance with the same options."""
        self._matched += other._matched
        self._pixels += other._pixels
        self._items += other._items

    def compute(self) -> dict[str, float]:
        """The score of the items so far. Raises InputError if there was none."""
        if not self._items:
            raise InputError("canny_f: there is no item to score")
        # 2 P R / (P + R) with as many matches on both sides.
        return {"canny_f": 2 * self._matched / self._pixels if self._pixels else 1.0}

    def _edges(self, clip: Clip) -> NDArray[np.bool_]:
        edges: NDArray[np.bool_] = self._canny(clip, np.random.default_rng(0))[..., 0] > 0
        return edges
