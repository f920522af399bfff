"""All rectangles that given columns and rows form, as far as each of their four sides is lit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.boxes_lit import Lit
from lavin_recognition.boxes_outlines import Lengths, Map, running, without_corners

_LEAST_SIDE: Final = np.float32(0.2)
"""Share of each side that is lit: a box has four sides, whatever hides them is lit as well."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Two lines of one direction each, that may be opposite sides of a box.

    Attributes:
        first, second: numbers of the lines, ``[N]``, the first before the second.
        starts, stops: where sides of the other direction that end at these two begin and end, without the corners.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    starts: NDArray[np.intp]
    stops: NDArray[np.intp]

    @staticmethod
    def of(places: NDArray[np.intp], width: float) -> _Pairs:
        """All pairs of sorted places that are far enough apart to be two lines."""
        first, second = np.triu_indices(len(places), 1)
        apart = places[second] - places[first] >= max(3, round(2.5 * width))
        first, second = first[apart], second[apart]
        starts, stops = without_corners(places[first], places[second], width)
        return _Pairs(first, second, starts, stops)


def lit_rectangles(columns: NDArray[np.intp], rows: NDArray[np.intp], lit: Lit) -> NDArray[np.intp]:
    """``[4, N]``: left, right, top and bottom of the rectangles whose four sides are lit, a fifth of each at least.

    There may be millions of pairs of pairs: each side is looked up in a table, as a bit, and the pixels of none twice.

    Args:
        columns: where vertical lines may be, sorted.
        rows: where horizontal ones may be.
        lit: lines of any hue.
    """
    across, down = _Pairs.of(columns, lit.widths[1]), _Pairs.of(rows, lit.widths[0])
    upright = _lit_sides(lit.near[0].T, columns, down)
    lying = _lit_sides(lit.near[1], rows, across)
    # Most pairs of columns share few pairs of rows, so the rest is looked up for those alone.
    number, other = np.nonzero(upright[across.first] & upright[across.second])
    kept = lying[down.first[other], number] & lying[down.second[other], number]
    number, other = number[kept], other[kept]
    return np.stack(
        [
            columns[across.first[number]],
            columns[across.second[number]],
            rows[down.first[other]],
            rows[down.second[other]],
        ]
    )


def _lit_sides(lit: Map, lines: NDArray[np.intp], pairs: _Pairs) -> NDArray[np.bool_]:
    """``[lines, pairs]``, whether the rows ``lines`` of ``lit`` are lit between the columns of each pair."""
    sums: Lengths = running(lit[lines], 1)
    lengths = (pairs.stops - pairs.starts).astype(np.float32)
    bright: NDArray[np.bool_] = sums[:, pairs.stops] - sums[:, pairs.starts] >= _LEAST_SIDE * lengths
    return bright
