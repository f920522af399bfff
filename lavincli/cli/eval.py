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

from lavincli.cli.eval_compare import compare
from lavincli.cli.eval_report import report
from lavincli.errors import LavinError
from lavincli.processes import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lavincli.evaluation.results import Results, TaskResult
    from lavincli.evaluation.run import Writing

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)

_EXAMPLE = "Example: lavin eval --task denoising --task colorization -o results/ --sheet results/"
# Wide enough for the table where stdout is a file and has no width of its own.
_FILE_WIDTH = 160


@app.callback(epilog=_EXAMPLE, invoke_without_command=True)
def evaluate(
    ctx: typer.Context,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", "-t", help="Name of a task; repeatable; or 'all'.", show_default=False),
    ] = None,
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
    select: Annotated[str, typer.Option(help="How contexts are chosen: random, fixed, nearest.")] = "random",
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
    sweep: Annotated[
        str | None,
        typer.Option(
            help="Evaluate each value of a setting: pairs=1,2,4 or grid=2,8,20, model=A,B, select=fixed,random.",
            show_default=False,
        ),
    ] = None,
    pictures: Annotated[
        int, typer.Option(min=0, help="How many items of each task get pictures in the results folder.")
    ] = 25,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Answer again what an earlier run answered.")] = False,
    processes: Annotated[int, typer.Option("--nproc", min=1, help="Processes that answer.")] = 1,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Only answer this part of the items, i/n, into the results folder; score nothing.", show_default=False
        ),
    ] = None,
) -> None:
    """Measure a model on tasks, beside the trivial baselines.

    The baselines are a copy of the query, the mean of the context's targets, and what a task adds to them.
    Prints every score with its spread over several draws of the context,
    and marks where the model doesn't beat the better baseline.
    What the results folder holds of an interrupted run is used: start the same command again.
    """
    if ctx.invoked_subcommand is not None:
        return
    if not task:
        raise typer.BadParameter("name at least one, or 'all'; 'lavin tasks list' knows them", param_hint="--task")
    if processes > 1 and shard is not None:
        raise typer.BadParameter("give --nproc or --shard, not both", param_hint="--shard")
    if output is None and (shard is not None or sweep is not None):
        raise typer.BadParameter("needs a results folder", param_hint="--output")
    end_with_parent()
    from lavincli.cli.options import named_roots, named_tasks

    roots, tasks = named_roots(data or []), named_tasks(task)
    from lavincli.evaluation.asked import Asked
    from lavincli.evaluation.job import EvaluationJob
    from lavincli.evaluation.run import Writing

    asked = Asked(
        model=model,
        pairs=pairs,
        draws=draws,
        select=select,
        limit=limit,
        seed=seed,
        split=split,
        wrong_context=wrong_context,
        guidance=guidance,
        grid=grid,
        solver=solver,
        batch_size=batch_size,
        device=device,
        dtype=dtype,
    )
    writing = Writing(output, sheet, pictures, overwrite, shlex.join(["lavin", *sys.argv[1:]]))
    with _progress() as report:
        job = EvaluationJob(
            tasks, asked, writing, roots or None, on_result=_print_line if as_json else None, on_progress=report
        )
        if shard is not None:
            job.answer(shard, sweep)
            return
        with job.processes(sys.argv[1:], processes):
            found = job.study(sweep) if sweep is not None else [job.evaluate()]
    _report(found, job.writing, as_json=as_json)


# ---- sub-commands ----

app.command()(compare)
app.command()(report)


def _report(found: Sequence[Results], writing: Writing, *, as_json: bool) -> None:
    """Print what was found, and end with the exit code for it."""
    if not any(results.tasks for results in found):
        raise LavinError("none of the tasks could be evaluated; the reasons are above")
    if not as_json:
        for results in found:
            _print_table(results)
    if writing.output is not None:
        logger.info("results: %s", writing.output)
    if writing.sheets is not None:
        logger.info("contact sheets: %s", writing.sheets)
    if any(results.partly_failed for results in found):
        raise typer.Exit(3)


def _print_line(result: TaskResult) -> None:
    typer.echo(result.model_dump_json())


def _print_table(results: Results) -> None:
    from rich.console import Console

    from lavincli.evaluation.table import results_table

    parts = [f"{results.model.name} ({results.model.fingerprint[:12]})"]
    parts += [f"{key} {value}" for key, value in results.sampling.items() if value is not None]
    parts += [f"{results.dtype} on {results.device}"] if results.device else []
    title = ", ".join(parts)
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
