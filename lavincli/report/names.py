"""The trivial answers' names in words."""

from __future__ import annotations

from typing import Final

from lavincli.evaluation.baselines import COPY, MEAN

TITLES: Final = {COPY: "copy of the query", MEAN: "mean of the context"}


def title_of(baseline: str) -> str:
    """A baseline's name in words."""
    return TITLES.get(baseline, baseline.replace("_", " "))
