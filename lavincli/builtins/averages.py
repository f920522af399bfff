"""Scores that are computed for every item and averaged over the items."""

from __future__ import annotations

from collections.abc import Mapping

from lavincli.clip import Clip
from lavincli.errors import InputError


class Averages:
    """Sums of scores by key, and their averages over the items."""

    higher_is_better: Mapping[str, bool]

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, scores: Mapping[str, float]) -> None:
        """Count in the scores of one item."""
        for key, score in scores.items():
            self._sums[key] = self._sums.get(key, 0.0) + score
        self._count += 1

    def merge(self, other: Averages) -> None:
        """Count in the items of another instance."""
        for key, total in other._sums.items():
            self._sums[key] = self._sums.get(key, 0.0) + total
        self._count += other._count

    def compute(self) -> dict[str, float]:
        """The average over the items. Raises InputError if there was none."""
        if self._count == 0:
            raise InputError(f"{'/'.join(self.higher_is_better)}: there is no item to score")
        return {key: total / self._count for key, total in self._sums.items()}


def check_alike(prediction: Clip, target: Clip) -> None:
    """Raises InputError unless the two clips have the same shape."""
    if prediction.shape != target.shape:
        raise InputError(
            f"the prediction is {list(prediction.shape)} and the target {list(target.shape)}; they can't be compared"
        )
