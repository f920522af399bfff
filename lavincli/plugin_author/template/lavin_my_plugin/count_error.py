"""The score: how far off a count is."""

from __future__ import annotations

from types import MappingProxyType

from lavincli.clip import Clip
from lavincli.errors import InputError

from lavin_my_plugin.points import Points


class CountError:
    """Mean absolute error of the number of points, as crowd counting reports it (MAE)."""

    higher_is_better = MappingProxyType({"count_error": False})

    def __init__(self) -> None:
        self._errors: list[int] = []

    def update(self, prediction: Points, target: Points, *, query: Clip | None = None) -> None:
        """Count in one prediction."""
        del query
        self._errors.append(abs(len(prediction.places) - len(target.places)))

    def merge(self, other: CountError) -> None:
        """Count in the items of another instance."""
        self._errors.extend(other._errors)

    def compute(self) -> dict[str, float]:
        """The mean over the items. Raises InputError if there was none."""
        if not self._errors:
            raise InputError("count_error: there is no item to score")
        return {"count_error": sum(self._errors) / len(self._errors)}
