"""``lavin eval``: measure a model on tasks, beside the trivial baselines."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from lavincli.cli.eval_compare import compare
from lavincli.cli.eval_output import evaluation_progress, print_line, report_results
from lavincli.cli.eval_report import report
from lavincli.cli.eval_score import score
from lavincli.processes import end_with_parent

app = typer.Typer(add_completion=False)

_EXAMPLE = "Example: lavin eval --task denoising --task colorization -o results/ --sheet results/"


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
            help="A data set and where it lies, NAME=ROOT, or its NAME alone, for the tasks that have it; repeatable.",
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
    variation: Annotated[
        str,
        typer.Option(help="Show annotations in other colours: inverted, gbr, red, ...; answers are brought back."),
    ] = "plain",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for results.json and results.jsonl.", show_default=False),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Folder for a contact sheet a task, query | prediction | truth; of a study a folder a value.",
            show_default=False,
        ),
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
            help="Evaluate each value of a setting: pairs=1,2,4, grid=2,8,20, model=A,B, variation=plain,inverted.",
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
        variation=variation,
        guidance=guidance,
        grid=grid,
        solver=solver,
        batch_size=batch_size,
        device=device,
        dtype=dtype,
    )
    writing = Writing(output, sheet, pictures, overwrite, shlex.join(["lavin", *sys.argv[1:]]))
    with evaluation_progress() as show:
        job = EvaluationJob(
            tasks,
            asked,
            writing,
            roots or None,
            on_result=(lambda result: print_line(result, job.value)) if as_json else None,
            on_progress=show,
        )
        if shard is not None:
            job.answer(shard, sweep)
            return
        with job.processes(sys.argv[1:], processes):
            found = job.study(sweep) if sweep is not None else [job.evaluate()]
    report_results(found, job.writing, as_json=as_json, values=job.values, left_out=job.left_out)


# ---- sub-commands ----

app.command()(score)
app.command()(compare)
app.command()(report)
