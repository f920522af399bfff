"""A score beside the trivial answers on one short axis, drawn so that better is always to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lavincli.evaluation.baselines import COPY, MEAN
from lavincli.evaluation.results import MetricResult
from lavincli.evaluation.table import number
from lavincli.report.html import Markup, trusted
from lavincli.report.names import TITLES, title_of
from lavincli.report.plots.shapes import Marker, Shape, Stroke, Text
from lavincli.report.plots.svg import draw_svg

WIDTH: Final = 240
HEIGHT: Final = 30
_EDGE: Final = 16
# Scores this many times the distance of the important ones away stand at the edge, or they would hide the differences.
_FAR: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Mark:
    name: str
    value: float
    ink: str
    shape: str
    important: bool


def legend(metrics: Sequence[MetricResult]) -> Iterator[tuple[Markup, str]]:
    """Every mark that the strips of some scores have, and what it means."""
    words = {
        ("series-0", "circle"): "model, with its 95 % interval",
        ("baseline", "ring"): TITLES[COPY],
        ("baseline", "square"): TITLES[MEAN],
        ("baseline", "triangle"): "another trivial answer",
        ("series-1", "cross"): "model, another task's examples",
        ("reference", "bar"): "paper",
    }
    used = {(mark.ink, mark.shape) for metric in metrics for mark in _marks(metric)}
    for (ink, shape), meaning in words.items():
        if (ink, shape) in used:
            yield trusted(draw_svg([Marker((9, 9), ink, shape, 4.5)], (18, 18), meaning)), meaning


def score_strip(metric: MetricResult) -> Markup | None:
    """The strip of one score; None if the model's is no number."""
    marks = list(_marks(metric))
    if metric.model.mean is None:
        return None
    sign = 1 if metric.higher_is_better else -1
    ends = [sign * end for end in metric.model.interval or ()]
    core = [*(sign * mark.value for mark in marks if mark.important), *ends]
    span = (max(core) - min(core)) or abs(core[0]) * 0.1 or 1.0
    near = [
        sign * mark.value for mark in marks if min(core) - _FAR * span <= sign * mark.value <= max(core) + _FAR * span
    ]
    low, high = min([*near, *ends]), max([*near, *ends])
    if low == high:
        low, high = low - span, high + span
    middle = HEIGHT / 2

    def place(value: float) -> float:
        share = (value - low) / (high - low)
        return _EDGE + min(1.0, max(0.0, share)) * (WIDTH - 2 * _EDGE)

    shapes: list[Shape] = [Stroke([(2, middle), (WIDTH - 2, middle)], "grid", 2)]
    if ends:
        shapes.append(Stroke([(place(min(ends)), middle), (place(max(ends)), middle)], "series-0", 4))
    for mark in sorted(marks, key=lambda mark: mark.important):
        value = sign * mark.value
        shapes.append(Marker((place(value), middle), mark.ink, mark.shape, 5.5 if mark.shape == "circle" else 4.5))
        if value < low:
            shapes.append(Text((1, middle + 4), "‹", "faint", 13))
        elif value > high:
            shapes.append(Text((WIDTH - 1, middle + 4), "›", "faint", 13, anchor="end"))
    words = ", ".join(f"{mark.name} {number(mark.value)}" for mark in marks)
    return trusted(draw_svg(shapes, (WIDTH, HEIGHT), f"Better is to the right: {words}"))


def _marks(metric: MetricResult) -> Iterator[_Mark]:
    for name, score in metric.baselines.items():
        shape = {COPY: "ring", MEAN: "square"}.get(name, "triangle")
        if score.mean is not None:
            yield _Mark(title_of(name), score.mean, "baseline", shape, name == metric.best_baseline)
    if metric.wrong_context is not None and metric.wrong_context.mean is not None:
        yield _Mark("another task's examples", metric.wrong_context.mean, "series-1", "cross", important=False)
    for figure in metric.paper:
        yield _Mark(figure.system, figure.value, "reference", "bar", important=True)
    if metric.model.mean is not None:
        yield _Mark("model", metric.model.mean, "series-0", "circle", important=True)
