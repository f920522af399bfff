"""The names of time grids: published:N, uniform:N, shifted:N:FACTOR."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, cast

from lavincli.errors import ConfigError

GridKind = Literal["published", "uniform", "shifted"]


class GridName(NamedTuple):
    """A grid's kind, its number of points, and how far it is shifted towards noise (1: not at all)."""

    kind: GridKind
    points: int
    shift: float = 1.0


def parse_grid(grid: int | str) -> GridName:
    """Read a grid's name; a bare number of points, as an int, means the published one.

    Raises ConfigError for another form, fewer than two points, or an odd number of them where it is a published one.
    """
    kind, *numbers = (f"published:{grid}" if isinstance(grid, int) else grid).split(":")
    shift = _positive(numbers[1]) if kind == "shifted" and len(numbers) == 2 else None
    known = kind in ("published", "uniform") and len(numbers) == 1
    if not (known or shift is not None) or not numbers[0].isdecimal():
        raise ConfigError(
            f"grid '{grid}': expected a number of points, published:N, uniform:N or shifted:N:FACTOR, "
            "for example uniform:5 or shifted:5:3"
        )
    points = int(numbers[0])
    if points < 2 or (kind == "published" and points % 2):
        raise ConfigError(
            f"grid '{grid}': needs at least 2 points, and an even number of them where it is a published one"
        )
    return GridName(cast("GridKind", kind), points, 1.0 if shift is None else shift)


def _positive(text: str) -> float | None:
    """The number that is written there; None where it is none, or not above 0."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < math.inf else None
