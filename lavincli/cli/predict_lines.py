"""What ``lavin predict`` prints: results on stdout, progress and the outcome on stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lavincli.predict_run.forecast import Forecast
    from lavincli.predict_run.items import Answered
    from lavincli.predict_run.records import Record
    from lavincli.predict_run.signals import Caught

logger = logging.getLogger(__name__)

_REASONS_SHOWN = 10
_MINUTE = 60


def kinds_of(text: str, sheet: Path | None, output: Path) -> tuple[tuple[str, ...], Path | None]:
    """``--save``: what to write for each item, and where a contact sheet goes (``sheet``: in the output folder)."""
    from lavincli.predict_run.stems import SHEET
    from lavincli.views import VIEWS

    wanted = {part.strip() for part in text.split(",") if part.strip()}
    unknown = wanted.difference(VIEWS, [SHEET])
    if unknown or not wanted:
        names = ", ".join((*VIEWS, SHEET))
        raise typer.BadParameter(f"'{text}': use one or more of {names}, separated by commas", param_hint="--save")
    if SHEET in wanted and sheet is None:
        sheet = output / f"{SHEET}.png"
    return tuple(kind for kind in VIEWS if kind in wanted) or ("value",), sheet


def interval_of(text: str | None) -> tuple[float, float] | None:
    """``--guidance-interval``: two numbers, separated by a comma."""
    if text is None:
        return None
    try:
        start, end = map(float, text.split(","))
    except ValueError:
        raise typer.BadParameter(f"'{text}': write FROM,TO", param_hint="--guidance-interval") from None
    return start, end


def with_progress(run: Iterable[Answered], total: int | None, name: str) -> Iterator[Answered]:
    """A progress bar, where there is somebody to look at it; `total` None: nobody knows how many will come."""
    from lavincli.cli.logs import stderr_console, wants_progress

    if not wants_progress():
        yield from run
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr_console(), transient=True, redirect_stdout=False) as progress:
        bar = progress.add_task(name, total=total)
        for answered in run:
            yield answered
            progress.advance(bar)


def show(record: Record, output: Path, *, as_json: bool) -> None:
    """An item's results on stdout: the paths of its files, or its record; its error, if any, goes to the log."""
    if record.error is not None:
        logger.error("%s", record.error)
    files = {kind: [str(output / file) for file in files] for kind, files in record.files.items()}
    if as_json:
        _print(record.model_copy(update={"files": files}).model_dump_json())
        return
    for path in (path for paths in files.values() for path in paths):
        _print(path)


def tell_outcome(counts: Counter[str], output: Path) -> None:
    """Say how a run went."""
    told = ", ".join(f"{counts[status]} {status}" for status in ("done", "skipped", "failed") if counts[status])
    logger.info("%s: %s", output, told or "there was nothing to do")


def end_with(outcomes: Mapping[Path, Counter[str]], caught: Caught) -> None:
    """End with the exit code that says how all runs went: 3 some items failed, 1 all of one run, 128 + a signal."""
    if caught.number is not None:
        total = sum(counts.total() for counts in outcomes.values())
        logger.warning("stopped after %d items; run the same command again to go on", total)
        raise typer.Exit(caught.exit_code)
    reasons = [
        f"none of the {counts.total()} inputs could be answered; the reasons are above and in "
        f"{output / 'predictions.jsonl'}"
        for output, counts in outcomes.items()
        if counts and counts["failed"] == counts.total()
    ]
    for reason in reasons[:-1]:
        logger.error("%s", reason)
    if reasons:
        raise LavinError(reasons[-1])
    if any(counts["failed"] for counts in outcomes.values()):
        raise typer.Exit(3)


def show_forecasts(forecasts: Iterable[Forecast], *, as_json: bool) -> None:
    """What the runs of a command would do, on stdout, and how long all would take where they are several."""
    seconds = []
    for found in forecasts:
        _show_forecast(found, as_json=as_json)
        seconds.append(found.seconds)
    if len(seconds) > 1 and not as_json:
        typer.echo(f"{'all tasks':<10}  {_duration(sum(seconds))}")


def _show_forecast(found: Forecast, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    again = f", {found.again} of them again, from other inputs or settings" if found.again else ""
    videos = f"; {found.videos} are videos, whose length isn't looked at" if found.videos else ""
    lines = [
        ("inputs", f"{found.items}, to {found.output}"),
        ("to answer", f"{found.answered}{again}{videos}"),
        ("skipped", f"{found.skipped}, answered already from the same things"),
        ("failing", f"{len(found.failed)}, as far as can be told without decoding them"),
        ("collisions", f"none; {found.suffixes_kept} answers keep their input's suffix to avoid one"),
        ("time", f"{_duration(found.seconds)}: {found.seconds_rule}"),
        ("memory", f"{found.bytes / 1e9:.1f} GB: {found.bytes_rule}"),
    ]
    for name, text in lines:
        typer.echo(f"{name:<10}  {text}")
    for reason in found.failed[:_REASONS_SHOWN]:
        typer.echo(f"{'':<10}  {reason}")
    if len(found.failed) > _REASONS_SHOWN:
        typer.echo(f"{'':<10}  ... and {len(found.failed) - _REASONS_SHOWN} more: --json tells all")


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def _print(line: str) -> None:
    """A line of results on stdout; above the progress bar, where both are on the same terminal."""
    from lavincli.cli.logs import stderr_console, wants_progress

    if sys.stdout.isatty() and wants_progress():
        stderr_console().print(line, markup=False, highlight=False, soft_wrap=True)
    else:
        typer.echo(line)
