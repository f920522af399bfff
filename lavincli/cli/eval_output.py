"""What the commands below ``lavin eval`` print: results as a table or JSON lines, and how far they are."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.evaluation.results import Results, TaskResult
    from lavincli.evaluation.run import Writing

logger = logging.getLogger(__name__)

# Wide enough for the table where stdout is a file and has no width of its own.
_FILE_WIDTH = 160


def report_results(
    found: Sequence[Results], writing: Writing, *, as_json: bool, values: Sequence[str] = (), left_out: bool = False
) -> None:
    """Print what was found, and end with the exit code for it.

    ``values`` says of which value of a study each of the results is; ``left_out``: something isn't among them.
    """
    if not any(results.tasks for results in found):
        raise LavinError("none of the tasks could be evaluated; the reasons are above")
    if not as_json:
        for results, value in zip(found, values or [""] * len(found), strict=True):
            _print_table(results, value)
    if writing.output is not None:
        logger.info("results: %s", writing.output)
    if writing.sheets is not None:
        logger.info("contact sheets: %s", writing.sheets)
    if left_out or any(results.partly_failed for results in found):
        raise typer.Exit(3)


def print_line(result: TaskResult, value: str = "") -> None:
    """Print a task's result as a JSON line; that of a study says at which ``value``."""
    typer.echo(json.dumps({"study": value, **result.model_dump(mode="json")}) if value else result.model_dump_json())


def _print_table(results: Results, value: str) -> None:
    from rich.console import Console

    from lavincli.evaluation.table import results_table

    parts = [value] if value else []
    parts += [f"{results.model.name} ({results.model.fingerprint[:12]})"]
    parts += [f"{key} {value}" for key, value in results.sampling.items() if value is not None]
    parts += [f"{results.dtype} on {results.device}"] if results.device else []
    title = ", ".join(parts)
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(results_table(results.tasks, title=title, width=console.width))


@contextmanager
def evaluation_progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar a task on a terminal; nothing elsewhere."""
    from lavincli.cli.logs import stderr_console, wants_progress

    if not wants_progress():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr_console(), transient=True, redirect_stdout=False) as progress:
        bars: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done)

        yield report
