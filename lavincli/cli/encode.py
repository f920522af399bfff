"""``lavin encode``: the latents of data sets, made once and kept in a Zarr store."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lavincli.errors import LavinError
from lavincli.processes import Share, end_with_parent, share_of_launcher

if TYPE_CHECKING:
    from lavincli.latents.job import EncodeJob, SetSummary

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)

_EXAMPLE = "Example: lavin encode --task denoising --data photos=photos/ --model lavin-tiny -o latents.zarr"


@app.command(epilog=_EXAMPLE)
def encode(
    task: Annotated[
        list[str], typer.Option("--task", "-t", help="Name of a task; repeatable; or 'all'.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The store, a .zarr folder.", show_default=False)],
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            help="A data set of the tasks' cards and where it lies, NAME=ROOT, or its NAME alone; repeatable.",
            show_default="each task's first",
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="Name or folder of a model, or of an ST-VAE alone.")] = "lavin-tiny",
    resolution: Annotated[
        int | None, typer.Option(help="Height and width of the pictures.", show_default="the model's")
    ] = None,
    split: Annotated[str, typer.Option(help="Split of the data sets.")] = "train",
    storage: Annotated[Literal["float16", "int8"], typer.Option(help="How latents are kept.")] = "float16",
    logvar: Annotated[bool, typer.Option("--logvar", help="Keep the posterior's log variance too.")] = False,
    crops: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="So many random crops of random samples a task, for training.",
            show_default="each sample once, whole",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    processes: Annotated[int, typer.Option("--nproc", min=1, help="Processes that encode.")] = 1,
    shard: Annotated[
        str | None,
        typer.Option(help="Only this part of the work, i/n: for processes started elsewhere.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read and draw, for each that encodes.")] = 0,
    shard_size: Annotated[int, typer.Option(min=1, help="Size of the store's files, in MiB.")] = 128,
    verify: Annotated[
        bool, typer.Option("--verify", help="Encode nothing; check counts, checksums and a sample of records.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="Device, as PyTorch names it: cpu, cuda, cuda:1.", show_default="the best one")
    ] = None,
    dtype: Annotated[Literal["float32", "bfloat16"], typer.Option(help="Precision of the arithmetic.")] = "float32",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a set, one a line.")] = False,
) -> None:
    """Encode the inputs and targets of tasks into a store of latents.

    What the store holds already is kept: after an interruption, run the same command again.
    An item that can't be read is recorded in the store, and the rest is encoded (exit code 3).
    """
    if processes > 1 and shard is not None:
        raise typer.BadParameter("give --nproc or --shard, not both", param_hint="--shard")
    end_with_parent()
    from lavincli.cli.options import named_roots, named_tasks

    roots, tasks = named_roots(data or []), named_tasks(task)
    import torch

    from lavincli.latents.job import EncodeJob, EncodeSettings
    from lavincli.pipeline.load import choose_device, find_model
    from lavincli.pipeline.model_directory import load_stvae, read_config

    share = share_of_launcher(shard)
    chosen_device = choose_device(device)
    folder = find_model(model)
    settings = EncodeSettings(
        resolution=resolution if resolution is not None else read_config(folder).resolution,
        split=split,
        storage=storage,
        logvar=logvar,
        crops=crops,
        seed=seed,
        shard_bytes=shard_size * 2**20,
        workers=workers,
        dtype=getattr(torch, dtype),
    )
    job = EncodeJob(output, load_stvae(folder).eval().to(chosen_device), folder.name, tasks, roots, settings)
    if verify:
        _verify(job, as_json=as_json)
        return
    started = time.perf_counter()
    done, total = job.records(share)
    with _progress(done, total) as advance:
        made = job.run(share, advance) if processes == 1 else _run_processes(processes, job, done, advance)
    seconds = time.perf_counter() - started
    logger.info("%s: %d records encoded in %.1f s, %d were there", output, made, seconds, done)
    _report(job.summaries(), as_json=as_json)


def _run_processes(count: int, job: EncodeJob, done: int, advance: Callable[[], None] | None) -> int:
    """The same command in several processes, each with its share; what they do shows in the store."""
    from lavincli.processes import run_processes, without_option

    shown = done

    def show() -> None:
        nonlocal shown
        now, _ = job.records(Share())
        for _ in range(now - shown):
            if advance is not None:
                advance()
        shown = now

    run_processes(without_option(sys.argv[1:], "--nproc"), count, on_poll=show)
    return job.records(Share())[0] - done


def _verify(job: EncodeJob, *, as_json: bool) -> None:
    results = job.verify(records=16)
    for summary, verified in results:
        if as_json:
            typer.echo(json.dumps({**asdict(summary), "wrong": verified.problems}))
        else:
            typer.echo(f"{'FAIL' if verified.problems else 'ok  '}  {_line(summary)}")
            for problem in verified.problems:
                typer.echo(f"      {problem}")
    wrong = sum(len(verified.problems) for _, verified in results)
    if wrong:
        raise LavinError(f"{wrong} problem(s) in the store; each is named above")


def _report(summaries: Sequence[SetSummary], *, as_json: bool) -> None:
    for summary in summaries:
        for key, reason in summary.problems.items():
            logger.error("%s: %s: %s", summary.task, key, reason)
        typer.echo(json.dumps(asdict(summary)) if as_json else _line(summary))
    if any(summary.failed for summary in summaries):
        raise typer.Exit(3)


def _line(summary: SetSummary) -> str:
    counts = f"{summary.encoded} encoded"
    counts += f", {summary.failed} failed" if summary.failed else ""
    counts += f", {summary.missing} missing" if summary.missing else ""
    return f"{summary.task}/{summary.dataset}/{summary.split}/{summary.resolution}: {counts} of {summary.records}"


@contextmanager
def _progress(done: int, total: int) -> Iterator[Callable[[], None] | None]:
    """A bar with rate and time left on a terminal; nothing elsewhere."""
    from lavincli.cli.logs import stderr_console, wants_progress

    if not wants_progress():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("encode"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.speed:.1f}/s", justify="right"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr_console(), transient=True, redirect_stdout=False) as progress:
        bar = progress.add_task("encode", total=total, completed=done, speed=0.0)
        yield lambda: progress.advance(bar)
