"""Lays a plot out: axes, lines, intervals, and labels at the ends of the lines that don't run into each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from lavincli.report.plots.axes import TICK_SIZE, Axis, x_ticks, y_range
from lavincli.report.plots.axes import x_axis as x_axis_of
from lavincli.report.plots.model import Line, Plot, Point
from lavincli.report.plots.shapes import MARKERS, SERIES, Area, Marker, Place, Shape, Stroke, Text
from lavincli.report.plots.ticks import round_ticks, tick_labels
from lavincli.report.plots.words import shorten, text_width, wrap

WIDTH: Final = 720
NARROW: Final = 400
"""For the screen of a phone."""
HEIGHT: Final = 420
_LEFT: Final = 16
_GAP: Final = 10
_LINE_HEIGHT: Final = 17.0
_LABEL_SIZE: Final = 13.0
# The labels at the lines' ends take at most this share of the width.
_MOST_FOR_LABELS: Final = 0.38


def lay_out(plot: Plot, width: int = WIDTH) -> list[Shape]:
    """The shapes of a plot, `width` x ``HEIGHT`` pixels, from the lowest to the topmost."""
    shapes, top = _heading(plot, width)
    bottom = HEIGHT - 52.0
    low, high = y_range(plot)
    y_ticks = round_ticks(low, high)
    y_texts = tick_labels(y_ticks)
    left = _LEFT + max(text_width(text, TICK_SIZE) for text in y_texts) + _GAP
    label_room = min(_MOST_FOR_LABELS * width, max(text_width(line.name, _LABEL_SIZE) for line in plot.lines))
    right = width - _LEFT - label_room - _GAP - 6
    y_axis = Axis(low, high, bottom, top)
    x_axis = x_axis_of(plot, left, right)

    for tick, text in zip(y_ticks, y_texts, strict=True):
        y = y_axis(tick)
        shapes.append(Stroke([(left, y), (right, y)], "grid"))
        shapes.append(Text((left - _GAP, y + 4), text, "faint", size=TICK_SIZE, anchor="end"))
    for x, text in x_ticks(plot, x_axis):
        shapes.append(Stroke([(x, bottom), (x, bottom + 4)], "faint"))
        shapes.append(Text((x, bottom + 19), text, "faint", size=TICK_SIZE, anchor="middle"))
    shapes.append(Stroke([(left, bottom), (right, bottom)], "faint"))
    shapes.append(Text(((left + right) / 2, HEIGHT - 10), plot.x_label, "faint", size=_LABEL_SIZE, anchor="middle"))

    drawn = [(line, *_dress(plot, line)) for line in plot.lines]
    for line, ink, _ in drawn:
        shapes.extend(_interval(line, ink, x_axis, y_axis))
    for line, ink, shape in drawn:
        shapes.extend(_line(line, ink, shape, x_axis, y_axis))
    shapes.extend(_end_labels(drawn, y_axis, (right + _GAP, label_room), (top, bottom)))
    return shapes


def _heading(plot: Plot, width: int) -> tuple[list[Shape], float]:
    """Title, note and y label, and where the axes begin below them."""
    shapes: list[Shape] = []
    base = 10.0
    texts = ((plot.title, "ink", 17.0), (plot.note, "faint", TICK_SIZE), (plot.y_text, "faint", _LABEL_SIZE))
    for text, ink, size in texts:
        for part in wrap(text, size, width - 2 * _LEFT):
            base += 1.3 * size
            shapes.append(Text((_LEFT, base), part, ink, size=size, bold=ink == "ink"))
        base += 4
    return shapes, base + 12


def _dress(plot: Plot, line: Line) -> tuple[str, str]:
    """A line's colour and marker."""
    if line.role != "model":
        same = [other for other in plot.lines if other.role == line.role]
        return line.role, ("ring", "cross", "bar")[same.index(line) % 3]
    number = [other for other in plot.lines if other.role == "model"].index(line)
    return f"series-{number % SERIES}", MARKERS[number % 4]


def _known(line: Line) -> list[Point]:
    return sorted((point for point in line.points if point.y is not None), key=lambda point: point.x)


def _interval(line: Line, ink: str, x_axis: Axis, y_axis: Axis) -> Iterator[Shape]:
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


def _line(line: Line, ink: str, shape: str, x_axis: Axis, y_axis: Axis) -> Iterator[Shape]:
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
    drawn: list[tuple[Line, str, str]], y_axis: Axis, room: tuple[float, float], bounds: tuple[float, float]
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
        yield Text((room[0], y + 4), shorten(name, _LABEL_SIZE, room[1]), ink, size=_LABEL_SIZE, bold=True)
