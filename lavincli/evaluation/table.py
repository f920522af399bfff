"""Results as a table for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lavincli.evaluation.baselines import COPY, MEAN
from lavincli.evaluation.results import MetricResult, Score, TaskResult
from lavincli.media.recolour import PLAIN

if TYPE_CHECKING:
    from rich.table import Table

_FULL_WIDTH = 150
_MARKS = {"yes": "yes", "unclear": "in some draws", "no": "NO"}


def results_table(results: Sequence[TaskResult], *, title: str, width: int = 160) -> Table:
    """One line for every score of every task, the headline first; ``↑`` where more is better, ``↓`` where less is.

    "beats" says whether the model is better than the better trivial baseline: in every draw of the context, in some, or
    not on average. On a page less than 150 columns wide, only the headlines are shown, beside the better baseline.
    """
    from rich.table import Table

    if width < _FULL_WIDTH:
        return _narrow_table(results, title=title)
    shown = _optional_columns(results)
    table = Table(title=title, title_justify="left", caption_justify="left", caption=_caption(results))
    for heading in ("task", "score"):
        table.add_column(heading, no_wrap=True)
    for heading in ("model ± std", "95 % items", "copy query", "context mean", *shown):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("margin ± std", justify="right", no_wrap=True)
    table.add_column("beats", no_wrap=True)
    table.add_column("items", justify="right", no_wrap=True)
    for result in results:
        keys = [result.headline, *(key for key in result.metrics if key != result.headline)]
        for place, key in enumerate(keys):
            metric = result.metrics[key]
            first = place == 0
            cells = [
                result.task if first else "",
                directed(key, metric.higher_is_better),
                with_std(metric.model),
                _interval(metric.model),
                *(number(metric.baselines[name].mean if name in metric.baselines else None) for name in (COPY, MEAN)),
            ]
            cells += [text(metric) for text in shown.values()]
            cells += [with_std(metric.margin, signed=True), _MARKS[metric.beats_baseline], str(result.items)]
            table.add_row(*cells, style=_style(metric, headline=first), end_section=place == len(keys) - 1)
    return table


def _optional_columns(results: Sequence[TaskResult]) -> dict[str, Callable[[MetricResult], str]]:
    """Headings of columns that not every evaluation fills, with what stands in them."""
    metrics = [metric for result in results for metric in result.metrics.values()]
    columns: dict[str, Callable[[MetricResult], str]] = {}
    if any(other_baselines(metric) for metric in metrics):
        columns["other"] = lambda metric: "\n".join(number(score.mean) for score in other_baselines(metric).values())
    if any(result.wrong_contexts for result in results):
        columns["wrong context"] = lambda metric: number(metric.wrong_context.mean if metric.wrong_context else None)
    if any(metric.paper for metric in metrics):
        columns["paper"] = lambda metric: "\n".join(number(one.value) for one in metric.paper)
    return columns


def other_baselines(metric: MetricResult) -> dict[str, Score]:
    """The trivial answers that a task adds to those of all."""
    return {name: score for name, score in metric.baselines.items() if name not in (COPY, MEAN)}


def _narrow_table(results: Sequence[TaskResult], *, title: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", caption_justify="left", caption=_caption(results))
    for heading in ("task", "score"):
        table.add_column(heading, overflow="fold")
    for heading in ("model ± std", "baseline", "margin ± std"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("beats", overflow="fold")
    for result in results:
        metric = result.metrics[result.headline]
        table.add_row(
            result.task,
            directed(result.headline, metric.higher_is_better),
            with_std(metric.model),
            number(metric.baselines[metric.best_baseline].mean),
            with_std(metric.margin, signed=True),
            _MARKS[metric.beats_baseline],
            style=_style(metric, headline=True),
        )
    return table


def directed(key: str, higher_is_better: bool) -> str:
    """A score's name with the direction in which it is better."""
    return f"{key} {'↑' if higher_is_better else '↓'}"


def number(value: float | None, *, signed: bool = False) -> str:
    """A score in four significant digits, or "n/a"."""
    if value is None or not math.isfinite(value):
        return "n/a"
    digits = 2 if abs(value) >= 10 else 3 if abs(value) >= 1 else 4
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def with_std(score: Score, *, signed: bool = False) -> str:
    """A score's mean, and its spread over the draws if there are several."""
    mean = number(score.mean, signed=signed)
    return mean if score.std is None else f"{mean} ± {number(score.std)}"


def _interval(score: Score) -> str:
    return "" if score.interval is None else f"{number(score.interval[0])} .. {number(score.interval[1])}"


def _style(metric: MetricResult, *, headline: bool) -> str:
    if not headline:
        return "dim"
    return {"yes": "green", "unclear": "yellow", "no": "red"}[metric.beats_baseline]


def _caption(results: Sequence[TaskResult]) -> str:
    behind = [result.task for result in results if result.metrics[result.headline].beats_baseline != "yes"]
    beaten = len(results) - len(behind)
    caption = f"headline beats the better trivial baseline in every draw: {beaten} of {len(results)}"
    caption = caption if not behind else f"{caption}; not: {', '.join(behind)}"
    alignments = {metric: how for result in results for metric, how in result.alignments.items() if how != "none"}
    others = {result.task: list(other_baselines(result.metrics[result.headline])) for result in results}
    named = [f"{task}: {', '.join(names).replace('_', ' ')}" for task, names in others.items() if names]
    for result in results:
        if result.variation != PLAIN:
            followed = "" if result.followed is None else f"; {result.followed:.0%} of the answers follow"
            caption = f"{caption}\n{result.task}: annotations shown {result.variation}{followed}"
    cited = sorted({one.system for result in results for metric in result.metrics.values() for one in metric.paper})
    if cited:
        caption = f"{caption}\npaper: {', '.join(cited)}"
    if named:
        caption = f"{caption}\nother trivial answers: {'; '.join(named)}"
    return "\n".join([caption, *(f"{metric} after alignment: {how}" for metric, how in sorted(alignments.items()))])
