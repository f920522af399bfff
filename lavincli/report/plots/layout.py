"""Lays a plot out: axes, lines, intervals, and labels at the ends of the lines that don't run into each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from PIL import ImageFont

from lavincli.report.plots.model import Line, Plot, Point
from lavincli.report.plots.shapes import MARKERS, SERIES, Area, Marker, Place, Shape, Stroke, Text
from lavincli.report.plots.ticks import round_ticks, tick_labels

WIDTH: Final = 720
HEIGHT: Final = 420
_LEFT: Final = 16
_GAP: Final = 10
_LINE_HEIGHT: Final = 17.0
_LABEL_SIZE: Final = 13.0
_TICK_SIZE: Final = 12.0
# Up to so many values of x have a tick each; with more, round numbers have.
_MOST_OWN_TICKS: Final = 8
_WIDER_FONTS: Final = 1.22
# Named places and single points have this much free on both sides, as a share of the axis.
_SIDE_ROOM: Final = 0.08


@dataclass(frozen=True, slots=True)
class _Axis:
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


def text_width(text: str, size: float) -> float:
    """At most how wide a text is, in pixels: whoever opens an SVG has another font, perhaps a wide one."""
    return float(ImageFont.load_default(size=size).getlength(text)) * _WIDER_FONTS


def lay_out(plot: Plot) -> list[Shape]:
    """The shapes of a plot, ``WIDTH`` x ``HEIGHT`` pixels, from the lowest to the topmost."""
    top = 34.0 + (20.0 if plot.note else 0.0) + 30.0
    bottom = HEIGHT - 52.0
    low, high = _y_range(plot)
    y_ticks = round_ticks(low, high)
    y_texts = tick_labels(y_ticks)
    left = _LEFT + max(text_width(text, _TICK_SIZE) for text in y_texts) + _GAP
    label_room = max((text_width(line.name, _LABEL_SIZE) for line in plot.lines), default=0.0)
    right = WIDTH - _LEFT - min(label_room, WIDTH * 0.3) - _GAP - 6
    y_axis = _Axis(low, high, bottom, top)
    x_axis = _x_axis(plot, left, right)

    shapes: list[Shape] = [Text((_LEFT, 28), plot.title, size=17, bold=True)]
    if plot.note:
        shapes.append(Text((_LEFT, 49), plot.note, "faint", size=_TICK_SIZE))
    shapes.append(Text((_LEFT, top - 14), plot.y_text, "faint", size=_LABEL_SIZE))
    for tick, text in zip(y_ticks, y_texts, strict=True):
        y = y_axis(tick)
        shapes.append(Stroke([(left, y), (right, y)], "grid"))
        shapes.append(Text((left - _GAP, y + 4), text, "faint", size=_TICK_SIZE, anchor="end"))
    for x, text in _x_ticks(plot, x_axis):
        shapes.append(Stroke([(x, bottom), (x, bottom + 4)], "faint"))
        shapes.append(Text((x, bottom + 19), text, "faint", size=_TICK_SIZE, anchor="middle"))
    shapes.append(Stroke([(left, bottom), (right, bottom)], "faint"))
    shapes.append(Text(((left + right) / 2, HEIGHT - 10), plot.x_label, "faint", size=_LABEL_SIZE, anchor="middle"))

    drawn = [(line, *_dress(plot, line)) for line in plot.lines]
    for line, ink, _ in drawn:
        shapes.extend(_interval(line, ink, x_axis, y_axis))
    for line, ink, shape in drawn:
        shapes.extend(_line(line, ink, shape, x_axis, y_axis))
    shapes.extend(_end_labels(drawn, y_axis, right + _GAP, (top, bottom)))
    return shapes


def _dress(plot: Plot, line: Line) -> tuple[str, str]:
    """A line's colour and marker."""
    if line.role != "model":
        same = [other for other in plot.lines if other.role == line.role]
        return line.role, ("ring", "cross", "bar")[same.index(line) % 3]
    number = [other for other in plot.lines if other.role == "model"].index(line)
    return f"series-{number % SERIES}", MARKERS[number % 4]


def _known(line: Line) -> list[Point]:
    return sorted((point for point in line.points if point.y is not None), key=lambda point: point.x)


def _y_range(plot: Plot) -> tuple[float, float]:
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


def _x_axis(plot: Plot, left: float, right: float) -> _Axis:
    side = _SIDE_ROOM * (right - left) if plot.x_names else 8.0
    if plot.x_names:
        return _Axis(0, len(plot.x_names) - 1, left + side, right - side)
    places = [point.x for line in plot.lines for point in line.points]
    return _Axis(min(places), max(places), left + side, right - side, plot.x_log)


def _x_ticks(plot: Plot, axis: _Axis) -> Iterator[tuple[float, str]]:
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
        x, half = axis(tick), text_width(text, _TICK_SIZE) / 2
        shown = x - half >= free_from
        yield x, text if shown else ""
        if shown:
            free_from = x + half + 4


def _interval(line: Line, ink: str, x_axis: _Axis, y_axis: _Axis) -> Iterator[Shape]:
    """A band along several points, a bar with ends at a single one."""
    points = [point for point in _known(line) if point.low is not None and point.high is not None]
    if len(points) > 1:
        upper: list[Place] = [(x_axis(point.x), y_axis(point.high)) for point in points if point.high is not None]
        lower: list[Place] = [(x_axis(point.x), y_axis(point.low)) for point in points if point.low is not None]
        yield Area([*upper, *reversed(lower)], ink)
    for point in points:
        assert point.low is not None
        assert point.high is not None
        x, low, high = x_axis(point.x), y_axis(point.low), y_axis(point.high)
        yield Stroke([(x, low), (x, high)], ink, 1.2)
        for end in (low, high):
            yield Stroke([(x - 4, end), (x + 4, end)], ink, 1.2)


def _line(line: Line, ink: str, shape: str, x_axis: _Axis, y_axis: _Axis) -> Iterator[Shape]:
    dash = {"model": 0.0, "baseline": 6.0, "reference": 2.5}[line.role]
    width = 2.4 if line.role == "model" else 1.6
    points = sorted(line.points, key=lambda point: point.x)
    for one, other in pairwise(points):
        if one.y is not None and other.y is not None:
            yield Stroke([(x_axis(one.x), y_axis(one.y)), (x_axis(other.x), y_axis(other.y))], ink, width, dash)
    for point in points:
        if point.y is not None:
            yield Marker((x_axis(point.x), y_axis(point.y)), ink, shape, 4.5 if line.role == "model" else 3.8)


def _end_labels(
    drawn: list[tuple[Line, str, str]], y_axis: _Axis, x: float, bounds: tuple[float, float]
) -> Iterator[Shape]:
    """Each line's name beside its last point, moved apart where they would overlap."""
    wanted = sorted(
        (
            (y_axis(points[-1].y), line.name, ink)
            for line, ink, _ in drawn
            if (points := _known(line)) and points[-1].y is not None
        ),
        key=lambda label: label[0],
    )
    places: list[float] = []
    for y, _, _ in wanted:
        places.append(max(y, places[-1] + _LINE_HEIGHT) if places else max(y, bounds[0]))
    lowest = bounds[1]
    for index in reversed(range(len(places))):
        places[index] = min(places[index], lowest)
        lowest = places[index] - _LINE_HEIGHT
    for y, (_, name, ink) in zip(places, wanted, strict=True):
        yield Text((x, y + 4), _shorten(name), ink, size=_LABEL_SIZE, bold=True)


def _shorten(name: str) -> str:
    """A name cut to the room that labels may have."""
    if text_width(name, _LABEL_SIZE) <= WIDTH * 0.3:
        return name
    while text_width(name + "...", _LABEL_SIZE) > WIDTH * 0.3:
        name = name[:-1]
    return name + "..."
