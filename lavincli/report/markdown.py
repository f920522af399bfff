"""The headlines of a results folder, or of a study, as a Markdown table: for a README or a model card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from lavincli.atomic import atomic_write_text
from lavincli.evaluation.baselines import COPY, MEAN
from lavincli.evaluation.results import MetricResult, Results, TaskResult, Verdict
from lavincli.evaluation.results_folder import read_results
from lavincli.evaluation.sweep import SWEEP_FILE, Curve, Sweep, SweepPoint, read_sweep
from lavincli.evaluation.table import directed, number, other_baselines, with_std
from lavincli.report.names import title_of
from lavincli.report.summary import verdict_line

_VERDICTS: Final[dict[Verdict, str]] = {"yes": "yes", "unclear": "in some draws", "no": "**no**"}
# What a line begins with; all else are numbers.
_NAMES: Final = ("task", "data", "score")


def write_markdown(folder: Path, out: Path) -> None:
    """Write the table of a results folder, or of a study's, atomically.

    Raises InputError: the folder isn't such a folder, or something in it is missing or damaged.
    """
    study = (folder / SWEEP_FILE).is_file()
    atomic_write_text(out, sweep_markdown(read_sweep(folder)) if study else results_markdown(read_results(folder)))


def results_markdown(results: Results) -> str:
    """A line a task and data set: its headline beside the trivial answers, and shown another task's examples."""
    headlines = [result.metrics[result.headline] for result in results.tasks]
    columns: list[tuple[str, Callable[[MetricResult], str]]] = [
        (results.model.name, lambda metric: with_std(metric.model)),
        *((title_of(name), _baseline(name)) for name in (COPY, MEAN)),
    ]
    if any(other_baselines(metric) for metric in headlines):
        columns.append(("other trivial answer", _others))
    columns.append(("margin", lambda metric: with_std(metric.margin, signed=True)))
    columns.append(("beats", lambda metric: _VERDICTS[metric.beats_baseline]))
    if any(metric.wrong_context for metric in headlines):
        columns.append(("another task's examples", _with_wrong_context))
    rows = [
        [*_names(result, metric), str(result.items), *(text(metric) for _, text in columns)]
        for result, metric in zip(results.tasks, headlines, strict=True)
    ]
    table = _table([*_NAMES, "N", *(title for title, _ in columns)], rows)
    failed = [f"{failure.task}: {failure.error}" for failure in results.failed]
    return _page(table, verdict_line(results), failed, results.command)


def sweep_markdown(sweep: Sweep) -> str:
    """A line a task and data set: its headline at each value of a study, and the best score of a trivial answer."""
    values = [point.value for point in sweep.points]
    rows = []
    for curve in sweep.curves:
        if not curve.headline:
            continue
        scores = dict(zip(curve.x, curve.model, strict=True))
        names = [curve.task, curve.dataset, directed(curve.metric, curve.higher_is_better)]
        cells = [with_std(scores[value]) if value in scores else "" for value in values]
        rows.append([*names, *cells, number(_best_trivial(curve))])
    table = _table([*_NAMES, *map(_value, sweep.points), "best trivial answer"], rows)
    failed = [f"{sweep.parameter} {failure.value}: {failure.error}" for failure in sweep.failed]
    return _page(table, f"By {sweep.parameter}.", failed, sweep.command)


def _value(point: SweepPoint) -> str:
    return point.value if point.parameters is None else f"{point.value} ({point.parameters / 1e6:.1f} M)"


def _names(result: TaskResult, metric: MetricResult) -> list[str]:
    return [result.task, result.dataset, directed(result.headline, metric.higher_is_better)]


def _baseline(name: str) -> Callable[[MetricResult], str]:
    return lambda metric: number(metric.baselines[name].mean) if name in metric.baselines else ""


def _others(metric: MetricResult) -> str:
    return ", ".join(f"{number(score.mean)} ({title_of(name)})" for name, score in other_baselines(metric).items())


def _with_wrong_context(metric: MetricResult) -> str:
    return "" if metric.wrong_context is None else number(metric.wrong_context.mean)


def _best_trivial(curve: Curve) -> float | None:
    means = [score.mean for scores in curve.baselines.values() for score in scores if score.mean is not None]
    return (max if curve.higher_is_better else min)(means, default=None)


def _page(table: Iterator[str], note: str, failed: Sequence[str], command: str) -> str:
    not_evaluated = "\n".join(["Not evaluated:", "", *(f"- {line}" for line in failed)]) if failed else ""
    measured_by = f"Measured by\n\n    {command}" if command else ""
    return "\n\n".join(part for part in ("\n".join(table), note, not_evaluated, measured_by) if part) + "\n"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _line(heading)
    yield f"|{'---|' * len(_NAMES)}{'---:|' * (len(heading) - len(_NAMES))}"
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
