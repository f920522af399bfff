"""Plots of a study: a task's score over the values of a setting, beside the trivial ones; of models their training."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise
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
# Models of which each is at least so many times as large as the next smaller one are drawn by their size.
_LARGER: Final = 1.25
_SIZE_LABEL: Final = "parameters of the J-DiT, millions"


def plot_sweep(sweep: Sweep, folder: Path) -> list[Path]:
    """Write ``<task>_<dataset>_<metric>.svg`` and ``.png`` of every headline's curve into `folder`; returns the files.

    A study over training runs has ``training_loss`` and, if they are of several sizes, ``training_loss_by_size``, too.
    A curve without a single number has no plot, and a warning is logged.
    """
    files: list[Path] = []
    for name, plot in training_plots(sweep):
        files += write_plot(folder / name, plot)
    for curve in sweep.curves:
        if not curve.headline:
            continue
        scores = plot_of(sweep, curve)
        if scores is None:
            logger.warning("%s on %s: %s is no number anywhere; no plot", curve.task, curve.dataset, curve.metric)
        else:
            files += write_plot(folder / f"{curve.task}_{curve.dataset}_{curve.metric}", scores)
    return files


def plot_of(sweep: Sweep, curve: Curve) -> Plot | None:
    """The plot of one curve; None if it holds no number."""
    if not any(score.mean is not None for score in curve.model):
        return None
    sizes = _model_sizes(sweep)
    named = not sweep.numeric and not sizes
    if named:
        places = [float(number) for number in range(len(curve.x))]
    else:
        places = [sizes.get(value) or float(value) for value in curve.x]
    lines = [_line("model", places, curve.model)]
    lines += [_line(title_of(name), places, scores, "baseline") for name, scores in curve.baselines.items()]
    ends = sorted({min(places), max(places)})
    lines += [
        Line(figure.system, [Point(place, figure.value) for place in ends], "reference") for figure in curve.paper
    ]
    return Plot(
        title=curve.title,
        x_label=_SIZE_LABEL if sizes else _LABELS.get(sweep.parameter, sweep.parameter),
        y_label=curve.metric,
        lines=[line for line in lines if any(point.y is not None for point in line.points)],
        x_log=not named and min(places) > 0 and (bool(sizes) or max(places) >= _LOG_FROM * min(places)),
        x_names=curve.x if named else (),
        higher_is_better=curve.higher_is_better,
        note=f"{curve.dataset}; the band is the 95 % bootstrap interval over the items",
    )


def training_plots(sweep: Sweep) -> Iterator[tuple[str, Plot]]:
    """Of a study over training runs how their losses fell, and the last of them by size; each with a file's name."""
    runs = [point for point in sweep.points if point.losses]
    if not runs:
        return
    lines = [Line(run.value, [Point(window.step, window.loss) for window in run.losses]) for run in runs]
    yield "training_loss", Plot("Training", "step", "loss", lines, x_log=True, higher_is_better=False)
    sizes = _model_sizes(sweep)
    if len(sizes) == len(runs):
        last = [Point(sizes[run.value], run.losses[-1].loss) for run in runs]
        title = "Loss at the end of training"
        by_size = Plot(title, _SIZE_LABEL, "loss", [Line("model", last)], x_log=True, higher_is_better=False)
        yield "training_loss_by_size", by_size


def _model_sizes(sweep: Sweep) -> dict[str, float]:
    """Of a study over models of clearly different sizes each one's parameters in millions; else nothing."""
    counts = {point.value: point.parameters / 1e6 for point in sweep.points if point.parameters is not None}
    apart = all(larger >= _LARGER * smaller for smaller, larger in pairwise(sorted(counts.values())))
    return {value: float(f"{count:.3g}") for value, count in counts.items()} if len(counts) > 1 and apart else {}


def _line(name: str, places: Sequence[float], scores: Sequence[Score], role: Role = "model") -> Line:
    """A system's scores; intervals of the trivial answers would hide the model's."""
    points = []
    for place, score in zip(places, scores, strict=True):
        low, high = score.interval if score.interval is not None and role == "model" else (None, None)
        points.append(Point(place, score.mean, low, high))
    return Line(name, points, role)
