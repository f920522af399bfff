"""The axes of a plot: what lies where on them, and their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lavincli.report.plots.model import Plot
from lavincli.report.plots.ticks import round_ticks, tick_labels
from lavincli.report.plots.words import text_width

TICK_SIZE: Final = 12.0
# Up to so many values of x have a tick each; with more, round numbers have.
_MOST_OWN_TICKS: Final = 8
# Named places have this much free on both sides, as a share of the axis.
_SIDE_ROOM: Final = 0.08


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps values from `low` to `high` to pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        share = 0.5 if low == high else (value - low) / (high - low)
        return self.start + share * (self.end - self.start)


def y_range(plot: Plot) -> tuple[float, float]:
    """All values and intervals, with some room."""
    values = [
        value
        for line in plot.lines
        for point in line.points
        for value in (point.y, point.low, point.high)
        if value is not None
    ]
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def x_axis(plot: Plot, left: float, right: float) -> Axis:
    """The x axis between two pixels."""
    side = _SIDE_ROOM * (right - left) if plot.x_names else 8.0
    if plot.x_names:
        return Axis(0, len(plot.x_names) - 1, left + side, right - side)
    places = [point.x for line in plot.lines for point in line.points]
    return Axis(min(places), max(places), left + side, right - side, plot.x_log)


def x_ticks(plot: Plot, axis: Axis) -> Iterator[tuple[float, str]]:
    """Where the ticks are, and what they say; a label that would run into the one before is left out."""
    places = sorted({point.x for line in plot.lines for point in line.points})
    if plot.x_names:
        ticks, texts = [float(number) for number in range(len(plot.x_names))], list(plot.x_names)
    elif len(places) <= _MOST_OWN_TICKS:
        ticks, texts = places, [f"{place:g}" for place in places]
    elif plot.x_log:
        ticks = [10.0**power for power in range(math.ceil(math.log10(axis.low)), math.floor(math.log10(axis.high)) + 1)]
        texts = [f"{tick:g}" for tick in ticks]
    else:
        ticks = round_ticks(axis.low, axis.high)
        texts = tick_labels(ticks)
    free_from = -math.inf
    for tick, text in zip(ticks, texts, strict=True):
        x, half = axis(tick), text_width(text, TICK_SIZE) / 2
        shown = x - half >= free_from
        yield x, text if shown else ""
        if shown:
            free_from = x + half + 4
