"""The part of a report that shows a study: its plots, and their numbers."""

from __future__ import annotations

from typing import Final

from lavincli.evaluation.sweep import Curve, Sweep
from lavincli.evaluation.table import number
from lavincli.report.html import Markup, element, trusted
from lavincli.report.names import title_of
from lavincli.report.plots.layout import NARROW, WIDTH
from lavincli.report.plots.model import Plot
from lavincli.report.plots.svg import svg_of
from lavincli.report.plots.sweep import plot_of, training_plots

# One for desks and one for phones; the style sheet shows the one that fits.
_WIDTHS: Final = {"wide": WIDTH, "narrow": NARROW}


def study_section(sweep: Sweep) -> Markup:
    """A plot for every headline, and a table of all scores below it."""
    plots = [plot for _, plot in training_plots(sweep)]
    plots += [plot for curve in sweep.curves if curve.headline and (plot := plot_of(sweep, curve)) is not None]
    boxes = [_box(plot) for plot in plots]
    failed = [element("li", element("strong", failure.value), f": {failure.error}") for failure in sweep.failed]
    return element(
        "section",
        element("h2", f"Study: {sweep.parameter} = {', '.join(sweep.values)}", id="study-title"),
        element("div", *boxes, class_="plots"),
        element("details", element("summary", "The numbers"), *(_table(sweep, curve) for curve in sweep.curves)),
        element("h3", f"Not evaluated ({len(failed)})") if failed else None,
        element("ul", *failed, class_="failures") if failed else None,
        aria_labelledby="study-title",
    )


def _box(plot: Plot) -> Markup:
    drawings = {size: trusted(svg_of(plot, standalone=False, width=width)) for size, width in _WIDTHS.items()}
    return element("figure", *(element("div", drawings[size], class_=size) for size in _WIDTHS), class_="plot-box")


def _table(sweep: Sweep, curve: Curve) -> Markup:
    heads = [sweep.parameter, "model ± std", "95 % interval", *map(title_of, curve.baselines)]
    rows = []
    for place, value in enumerate(curve.x):
        score = curve.model[place]
        std = "" if score.std is None else f" ± {number(score.std)}"
        interval = "–" if score.interval is None else " … ".join(map(number, score.interval))
        cells = [f"{number(score.mean)}{std}", interval, *(number(of[place].mean) for of in curve.baselines.values())]
        rows.append(element("tr", element("th", value, scope="row"), *(element("td", cell) for cell in cells)))
    table = element(
        "table",
        element("caption", f"{curve.title} · {curve.dataset} · {curve.metric}"),
        element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
        element("tbody", *rows),
    )
    return element("div", table, class_="scroll", tabindex=0, role="group", aria_label=f"{curve.title}: {curve.metric}")
