"""``lavin predict``: answer a folder of pictures with a task."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lavincli.predict_run.items import Answered
    from lavincli.predict_run.records import Record

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)

_EXAMPLE = "Example: lavin predict photos/ --task colorization -o out/ --sheet out/sheet.png"


@app.command(epilog=_EXAMPLE)
def predict(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures and videos, folders of them, quoted patterns ('photos/**/*.jpg'), numbered pictures of a "
            "video (frames/%05d.png), or - for paths on stdin.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the answers; it mirrors the inputs.", show_default=False)
    ],
    task: Annotated[
        str | None, typer.Option("--task", "-t", help="Name of a task, or path of its folder.", show_default=False)
    ] = None,
    model: Annotated[str, typer.Option(help="Name or folder of a model.")] = "lavin-tiny",
    context: Annotated[
        Path | None,
        typer.Option(
            help="Folder of example pairs (<id>_input.png, <id>_target.png) in place of the task's own.",
            show_default=False,
        ),
    ] = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, help="How many example pairs to show the model.", show_default="the model's")
    ] = None,
    select: Annotated[
        Literal["fixed", "random", "nearest"],
        typer.Option(help="Which pairs: the first ones, drawn by the seed, or for each picture those most like it."),
    ] = "fixed",
    ensemble: Annotated[int, typer.Option(min=1, help="Contexts whose answers are averaged.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the run; each picture's own is made from it and its path.")] = 0,
    guidance: Annotated[
        float | None, typer.Option(help="Guidance scale; 1 is none.", show_default="the model's")
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(help="Points in time: a number, published:N or uniform:N.", show_default="the model's"),
    ] = None,
    solver: Annotated[str | None, typer.Option(help="Solver of the flow.", show_default="the model's")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures computed at once.")] = 8,
    size: Annotated[
        Literal["native", "model"], typer.Option(help="Answers at each picture's own size, or at the model's.")
    ] = "native",
    save: Annotated[
        str,
        typer.Option(
            help="What to write, separated by commas: value (the decoded answer), rgb (the model's picture), overlay, "
            "color, side-by-side, cutout, points (.ply), as far as the task has them; sheet (one for all)."
        ),
    ] = "value",
    fov: Annotated[float, typer.Option(help="Of points: the camera's horizontal field of view, in degrees.")] = 60.0,
    near: Annotated[float, typer.Option(help="Of points: the distance of what is nearest.")] = 1.0,
    far: Annotated[float, typer.Option(help="Of points: the distance of what is farthest.")] = 10.0,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare",
            help="The pictures are clean: make the task's inputs from them first (gray, noisy, ...), "
            "at the model's size, where the task says how.",
        ),
    ] = False,
    sheet: Annotated[
        Path | None, typer.Option(help="Also write a contact sheet, query | prediction.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line for each picture, not paths.")] = False,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="Paths on stdin end in a zero byte, as 'find -print0' writes them.")
    ] = False,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder that the answers' paths and seeds are relative to.", show_default="as given"),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(help="Only this part of the inputs, i/n: for several machines.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Answer again what is answered already.")] = False,
    device: Annotated[
        str | None, typer.Option(help="Device, as PyTorch names it: cpu, cuda, cuda:1.", show_default="the best one")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Number format: float32, bfloat16.", show_default="fits the device")
    ] = None,
) -> None:
    """Answer pictures with a task, into a folder that mirrors the inputs.

    Prints the path of every answer.
    An answer made before from the same input, model, context and settings is kept.
    A picture that can't be read is recorded in predictions.jsonl, and the rest is done (exit code 3).
    """
    if task is None and context is None:
        raise typer.BadParameter("give a task, or a folder of example pairs with --context", param_hint="--task")
    kinds, sheet = _kinds(save, sheet, output)
    # Everything that can be wrong and needs no model is found before the model is loaded.
    from lavincli.predict_run.place import own_share
    from lavincli.predict_run.start import find_items, start_answers

    share, number = own_share(shard)
    items = find_items(inputs, output, save=kinds, root=root, share=share, null=null)
    from lavincli.registry import task as find_task

    found = None if task is None else find_task(task)
    from lavincli.predict_run.gallery import Gallery
    from lavincli.predict_run.run import PredictRun
    from lavincli.predict_run.settings import AnswerSettings, RunSettings
    from lavincli.predict_run.signals import stopping_on_signals

    asked = AnswerSettings(
        model=model,
        device=device,
        dtype=dtype,
        task=task,
        context=context,
        pairs=pairs,
        select=select,
        ensemble=ensemble,
        seed=seed,
        guidance=guidance,
        grid=grid,
        solver=solver,
    )
    settings = RunSettings(
        seed=seed,
        save=tuple(kinds),
        size=size,
        batch_size=batch_size,
        prepare=prepare,
        overwrite=overwrite,
        fov=fov,
        near=near,
        far=far,
    )
    answers = start_answers(asked, settings, output, number=number)
    gallery = Gallery(limit=60 if sheet is not None else 0)
    run = PredictRun(answers, items, output, batch_size=batch_size, share=share, shown=lambda: gallery.wants_more)
    if prepare and (found is None or not found.makes_inputs):
        logger.info("--prepare changes nothing: the pictures are this task's inputs as they are")
    counts = {"done": 0, "skipped": 0, "failed": 0}
    with stopping_on_signals(run.stop):
        for answered in _with_progress(run, items.count):
            record = answered.record
            counts[record.status] += 1
            if record.error is not None:
                logger.error("%s", record.error)
            gallery.add(answered)
            for line in _lines(record, output, as_json=as_json):
                _print(line)
    if sheet is not None:
        title = f"{found.title if found else 'own examples'}: {answers.model}"
        if not gallery.write(sheet, title):
            logger.warning("%s: not written, there is nothing to show", sheet)
    logger.info(
        "%s: %s", output, ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "nothing to do"
    )
    _finish(counts, output, stopped=run.was_stopped)


def _finish(counts: dict[str, int], output: Path, *, stopped: bool) -> None:
    """The exit code that says how a run went."""
    total = sum(counts.values())
    if stopped:
        logger.warning("stopped after %d items: run the same command again to go on", total)
        raise typer.Exit(130)
    if total and counts["failed"] == total:
        reasons = f"the reasons are above and in {output / 'predictions.jsonl'}"
        raise LavinError(f"none of the {total} inputs could be answered; {reasons}")
    if counts["failed"]:
        raise typer.Exit(3)


def _kinds(text: str, sheet: Path | None, output: Path) -> tuple[list[str], Path | None]:
    """What to write for each item, and where a contact sheet goes: ``--save sheet`` is one in the output folder."""
    from lavincli.predict_run.stems import SHEET
    from lavincli.views import VIEWS

    wanted = {part.strip() for part in text.split(",") if part.strip()}
    unknown = wanted.difference(VIEWS, [SHEET])
    if unknown or not wanted:
        names = ", ".join((*VIEWS, SHEET))
        raise typer.BadParameter(f"'{text}': use one or more of {names}, separated by commas", param_hint="--save")
    if SHEET in wanted and sheet is None:
        sheet = output / f"{SHEET}.png"
    return [kind for kind in VIEWS if kind in wanted] or ["value"], sheet


def _with_progress(run: Iterable[Answered], total: int | None) -> Iterator[Answered]:
    from lavincli.cli.logs import stderr_console, wants_progress

    if not wants_progress():
        yield from run
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr_console(), transient=True, redirect_stdout=False) as progress:
        yield from progress.track(run, total=total, description="predict")


def _lines(record: Record, output: Path, *, as_json: bool) -> list[str]:
    files = {kind: [str(output / file) for file in files] for kind, files in record.files.items()}
    if as_json:
        return [record.model_copy(update={"files": files}).model_dump_json()]
    return [path for paths in files.values() for path in paths]


def _print(line: str) -> None:
    """A line of results on stdout; above the progress bar, where both are on the same terminal."""
    from lavincli.cli.logs import stderr_console, wants_progress

    if sys.stdout.isatty() and wants_progress():
        stderr_console().print(line, markup=False, highlight=False, soft_wrap=True)
    else:
        typer.echo(line)
