"""``lavin predict``: answer pictures and videos with a task."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)

_EXAMPLE = "Example: lavin predict photos/ --task colorization -o out/ --sheet out/sheet.png"
_STDIN = Path("-")


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
        Path,
        typer.Option(
            "--output", "-o", help="Folder for the answers, like the inputs'; - for stdout.", show_default=False
        ),
    ],
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            "-t",
            help="Name of a task, or path of its folder; repeatable: each of several has a folder of its name.",
            show_default=False,
        ),
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
    guidance_interval: Annotated[
        str | None, typer.Option(help="Times between which guidance is applied, FROM,TO.", show_default="the model's")
    ] = None,
    refresh: Annotated[
        int | None,
        typer.Option(min=1, help="Joint models: read the examples at every N-th step.", show_default="the model's"),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures computed at once.")] = 8,
    size: Annotated[
        Literal["native", "model"], typer.Option(help="Answers at each picture's own size, or at the model's.")
    ] = "native",
    save: Annotated[
        str | None,
        typer.Option(
            show_default="value; rgb of videos and with -o -",
            help="What to write, separated by commas: value (the decoded answer), rgb (the model's picture), overlay, "
            "color, side-by-side, cutout, points (.ply), as far as the task has them; sheet (one for all).",
        ),
    ] = None,
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
        Path | None,
        typer.Option(
            help="Also write a contact sheet: query | prediction, or query | each task's answer.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line for each picture, not paths.")] = False,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="Paths on stdin end in a zero byte, as 'find -print0' writes them.")
    ] = False,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder that the answers' paths and seeds are relative to.", show_default="as given"),
    ] = None,
    processes: Annotated[int, typer.Option("--nproc", min=1, help="Processes that answer, each with the model.")] = 1,
    shard: Annotated[
        str | None,
        typer.Option(help="Only this part of the inputs, i/n: for several machines.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only tell what would be done, how long it would take and how much memory."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Answer again what is answered already.")] = False,
    device: Annotated[
        str | None, typer.Option(help="Device, as PyTorch names it: cpu, cuda, cuda:1.", show_default="the best one")
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(help="Number format: float32, bfloat16, auto (the fastest).", show_default="fits the device"),
    ] = None,
) -> None:
    """Answer pictures and videos with a task, into a folder that mirrors the inputs.

    Prints the path of every answer.
    An answer made before from the same input, model, context and settings is kept.
    An input that can't be read is recorded in predictions.jsonl, and the rest is done (exit code 3).
    Several tasks are answered one after the other with the model loaded once, each as it would be alone.
    With -o -, one picture on stdin is answered on stdout.
    """
    names = task or []
    if not names and context is None:
        raise typer.BadParameter("give a task, or a folder of example pairs with --context", param_hint="--task")
    if len(names) > 1 and context is not None:
        raise typer.BadParameter("example pairs are of one task: give one, or none", param_hint="--context")
    if processes > 1 and shard is not None:
        raise typer.BadParameter("give --nproc or --shard, not both", param_hint="--shard")
    if null and _STDIN not in inputs:
        raise typer.BadParameter("is about paths on stdin: give - as an input", param_hint="--null")
    single = output == _STDIN
    if single and inputs != [_STDIN]:
        raise typer.BadParameter("-o - answers one picture on stdin: give - as the only input", param_hint="--output")
    if single and len(names) > 1:
        raise typer.BadParameter("-o - writes one answer: give one task", param_hint="--task")
    from lavincli.cli.predict_lines import interval_of, kinds_of
    from lavincli.cli.predict_tasks import answer_tasks, ask_each, find_tasks

    kinds, sheet = kinds_of(save or ("rgb" if single else "value"), sheet, output)
    if single:
        for flag, given in (("--dry-run", dry_run), ("--sheet", sheet is not None), ("--shard", shard is not None)):
            if given:
                raise typer.BadParameter("-o - writes one answer and nothing else: leave it out", param_hint=flag)
    # Everything that can be wrong and needs no model is found before the model is loaded.
    found = find_tasks(names)
    from lavincli.predict_run.settings import AnswerSettings, RunSettings

    answer = AnswerSettings(
        model=model,
        device=device,
        dtype=dtype,
        task=names[0] if names else None,
        context=context,
        pairs=pairs,
        select=select,
        ensemble=ensemble,
        seed=seed,
        guidance=guidance,
        grid=grid,
        solver=solver,
        guidance_interval=interval_of(guidance_interval),
        refresh=refresh,
    )
    settings = RunSettings(
        seed=seed,
        save=kinds,
        save_videos=None if save else ("rgb",),
        size=size,
        batch_size=batch_size,
        prepare=prepare,
        overwrite=overwrite,
        fov=fov,
        near=near,
        far=far,
    )
    if prepare and not any(one.makes_inputs for one in found.values()):
        logger.info("--prepare changes nothing: the pictures are this task's inputs as they are")
    if single:
        from lavincli.predict_run.single import answer_bytes

        if sys.stdout.isatty():
            raise typer.BadParameter("stdout is a terminal, which can't show a picture's bytes", param_hint="--output")
        sys.stdout.buffer.write(answer_bytes(sys.stdin.buffer.read(), answer.bind(answer.load()), settings))
        sys.stdout.buffer.flush()
        return
    from lavincli.predict_run.place import own_share
    from lavincli.predict_run.sheet_place import check_sheet
    from lavincli.predict_run.start import find_items

    share, number = own_share(shard)
    asked = ask_each(found, answer, settings, output)
    folders = [str(one.output.relative_to(output)) for one in asked]
    items = find_items(inputs, output, folders=folders, save=kinds, root=root, share=share, null=null)
    if sheet is not None:
        check_sheet(sheet, items[0].plan or (), [one.output for one in asked])
    if dry_run:
        from lavincli.cli.predict_lines import show_forecasts
        from lavincli.predict_run.forecast import forecast

        if items[0].plan is None or items[0].stream is not None:
            raise typer.BadParameter("what a pipe will bring can't be known in advance", param_hint="--dry-run")
        show_forecasts(forecast(asked, items[0].plan, processes), as_json=as_json)
        return
    answer_tasks(asked, items, processes=processes, number=number, share=share, sheet=sheet, as_json=as_json)
