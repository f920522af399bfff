"""Plots of a study: a task's score over the values of a setting, beside the trivial answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lavincli.report.names import title_of
from lavincli.report.plots.model import Line, Plot, Point, Role
from lavincli.report.plots.write import write_plot

if TYPE_CHECKING:
    from lavincli.evaluation.results import Score
    from lavincli.evaluation.sweep import Curve, Sweep

logger = logging.getLogger(__name__)

_LABELS: Final = {
    "pairs": "example pairs K",
    "grid": "points of the time grid",
    "model": "model",
    "select": "selection",
}
# Values that span at least this factor are drawn on a scale of factors.
_LOG_FROM: Final = 4


def plot_sweep(sweep: Sweep, folder: Path) -> list[Path]:
    """Write ``<task>_<dataset>_<metric>.svg`` and ``.png`` of every headline's curve into `folder`; returns the files.

    A curve without a single number has no plot, and a warning is logged.
    """
    files: list[Path] = []
    for curve in sweep.curves:
        if not curve.headline:
            continue
        plot = plot_of(sweep, curve)
        if plot is None:
            logger.warning("%s on %s: %s is no number anywhere; no plot", curve.task, curve.dataset, curve.metric)
        else:
            files += write_plot(folder / f"{curve.task}_{curve.dataset}_{curve.metric}", plot)
    return files


def plot_of(sweep: Sweep, curve: Curve) -> Plot | None:
    """The plot of one curve; None if it holds no number."""
    places = [float(value) for value in curve.x] if sweep.numeric else [float(number) for number in range(len(curve.x))]
    lines = [_line("model", places, curve.model)]
    lines += [_line(title_of(name), places, scores, "baseline") for name, scores in curve.baselines.items()]
    ends = sorted({min(places), max(places)}) if places else []
    lines += [
        Line(figure.system, [Point(place, figure.value) for place in ends], "reference") for figure in curve.paper
    ]
    if not any(score.mean is not None for score in curve.model):
        return None
    return Plot(
        title=curve.title,
        x_label=_LABELS.get(sweep.parameter, sweep.parameter),
        y_label=curve.metric,
        lines=[line for line in lines if any(point.y is not None for point in line.points)],
        x_log=sweep.numeric and min(places) > 0 and max(places) >= _LOG_FROM * min(places),
        x_names=() if sweep.numeric else curve.x,
        higher_is_better=curve.higher_is_better,
        note=f"{curve.dataset}; the band is the 95 % bootstrap interval over the items",
    )


def _line(name: str, places: Sequence[float], scores: Sequence[Score], role: Role = "model") -> Line:
    """A system's scores; intervals of the trivial answers would hide the model's."""
    points = []
    for place, score in zip(places, scores, strict=True):
        low, high = score.interval if score.interval is not None and role == "model" else (None, None)
        points.append(Point(place, score.mean, low, high))
    return Line(name, points, role)
