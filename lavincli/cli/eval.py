"""``lavin eval``: measure a model on tasks, beside the trivial baselines."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.evaluation.results import Results, TaskResult

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)

_EXAMPLE = "Example: lavin eval --task denoising --task colorization -o results/ --sheet results/"
# Wide enough for the table where stdout is a file and has no width of its own.
_FILE_WIDTH = 160


@app.command(epilog=_EXAMPLE)
def evaluate(
    task: Annotated[
        list[str], typer.Option("--task", "-t", help="Name of a task; repeatable; or 'all'.", show_default=False)
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            help="A data set of the tasks' cards and where it lies, NAME=ROOT, or its NAME alone; repeatable.",
            show_default="each task's first",
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="Name or folder of a model.")] = "lavin-tiny",
    pairs: Annotated[
        int | None, typer.Option(min=1, help="How many example pairs to show the model.", show_default="the model's")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="How many contexts to draw from each task's set.")] = 3,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many items a task.", show_default="all")] = None,
    split: Annotated[str, typer.Option(help="Split of the data sets.")] = "test",
    wrong_context: Annotated[
        bool, typer.Option("--wrong-context", help="Also score the model when shown another task's pairs.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for results.json and results.jsonl.", show_default=False),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Folder for a contact sheet a task, query | prediction | truth.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a task, not a table.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    guidance: Annotated[
        float | None, typer.Option(help="Guidance scale; 1 is none.", show_default="the model's")
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(help="Points in time: a number, published:N or uniform:N.", show_default="the model's"),
    ] = None,
    solver: Annotated[str | None, typer.Option(help="Solver of the flow.", show_default="the model's")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Items computed at once.")] = 8,
    device: Annotated[
        str | None, typer.Option(help="Device, as PyTorch names it: cpu, cuda, cuda:1.", show_default="the best one")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Number format: float32, bfloat16.", show_default="fits the device")
    ] = None,
) -> None:
    """Measure a model on tasks, beside the trivial baselines.

    The baselines are a copy of the query and the mean of the context's targets.
    Prints every score with its spread over several draws of the context,
    and marks where the model doesn't beat the better baseline.
    """
    from lavincli.cli.options import named_roots, named_tasks

    roots = named_roots(data or [])
    chosen = named_tasks(task)
    from lavincli.evaluation.evaluate import EvaluationSettings
    from lavincli.evaluation.run import evaluate as run
    from lavincli.pipeline.load import load
    from lavincli.pipeline.predict import resolve_sampling

    pipeline = load(model, device=device, dtype=dtype)
    settings = EvaluationSettings(
        pairs=pairs,
        draws=draws,
        limit=limit,
        seed=seed,
        split=split,
        wrong_context=wrong_context,
        sampling=resolve_sampling(pipeline.config.sampling, guidance=guidance, grid=grid, solver=solver),
        batch_size=batch_size,
    )
    with _progress() as report:
        results = run(
            pipeline,
            chosen,
            settings,
            data=roots or None,
            output=output,
            sheets=sheet,
            command=shlex.join(["lavin", *sys.argv[1:]]),
            on_result=_print_line if as_json else None,
            on_progress=report,
        )
    if not results.tasks:
        raise LavinError(f"none of the {len(chosen)} tasks could be evaluated; the reasons are above")
    if not as_json:
        _print_table(results)
    if output is not None:
        logger.info("results: %s", output / "results.json")
    if sheet is not None:
        logger.info("contact sheets: %s", sheet)
    if results.failed or any(result.failures for result in results.tasks):
        raise typer.Exit(3)


def _print_line(result: TaskResult) -> None:
    typer.echo(result.model_dump_json())


def _print_table(results: Results) -> None:
    from rich.console import Console

    from lavincli.evaluation.table import results_table

    sampling = ", ".join(f"{key} {value}" for key, value in results.sampling.items())
    title = f"{results.model.name} ({results.model.fingerprint[:12]}), {sampling}, {results.dtype} on {results.device}"
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(results_table(results.tasks, title=title, width=console.width))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None] | None]:
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
