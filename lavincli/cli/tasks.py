"""``lavin tasks``: list, show and check tasks, and make their context sets."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lavincli.cli.check_lines import check_line
from lavincli.cli.columns import in_columns
from lavincli.errors import LavinError

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="List, show and check tasks, and make their context sets.")

TaskName = Annotated[str, typer.Argument(metavar="NAME", help="Name of a task, or path of its folder.")]


@app.command("list")
def list_tasks(
    sheet: Annotated[
        Path | None,
        typer.Option(help="Also write a picture of one example of every task, input | target.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a task, one a line.")] = False,
) -> None:
    """List all tasks: name, kind, the metric's score that stands for the task, data sets, title."""
    from lavincli.cards.summary import summarise
    from lavincli.registry import tasks

    if sheet is not None:
        from lavincli.cards.context_sheet import tasks_sheet
        from lavincli.media.images import write_image

        write_image(sheet, tasks_sheet(list(tasks().values())))
        logger.info("%s: written", sheet)

    summaries = [summarise(task) for task in tasks().values()]
    for summary in summaries:
        if summary.problem is not None:
            logger.warning("%s", summary.problem)
    if as_json:
        for summary in summaries:
            typer.echo(json.dumps(asdict(summary)))
        return
    rows = [("name", "kind", "metric", "data sets", "title")]
    rows += [(one.name, one.kind, one.headline or "-", ",".join(one.datasets) or "-", one.title) for one in summaries]
    for line in in_columns(rows):
        typer.echo(line)


@app.command()
def show(
    name: TaskName,
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Also write a picture of the context set, input | target; of clips three frames.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show all that a task's card and folder tell."""
    from lavincli.cards.summary import describe
    from lavincli.registry import task as find_task

    task = find_task(name)
    described = describe(task)
    if as_json:
        typer.echo(json.dumps(described))
    else:
        width = max(map(len, described)) + 2
        for key, value in described.items():
            if value not in (None, "", {}, []):
                typer.echo(f"{key:<{width}}{_in_words(value)}")
    if sheet is not None:
        from lavincli.cards.context_sheet import context_sheet
        from lavincli.media.images import write_image

        write_image(sheet, context_sheet(task))
        logger.info("%s: written", sheet)


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Names of tasks, or paths of their folders; all by default."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="[NAME=]ROOT",
            help="Where a data set lies; without NAME, that of the task's data sets which it fits; repeatable.",
            show_default="the bundled data",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check, one a line.")] = False,
) -> None:
    """Check that tasks are in order; exit code 1 if one is not.

    Looks at the card, the context set, and a few samples of each data set:
    truth, rendered as a picture and decoded again, must score perfectly
    against itself. What is neither bundled nor given by --data is noted.
    """
    from lavincli.cards.check import check_tasks
    from lavincli.cards.data_roots import DataRoots
    from lavincli.registry import task as find_task
    from lavincli.registry import tasks

    try:
        roots = DataRoots.parse(data or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--data") from error
    if roots.unnamed and not names:
        raise typer.BadParameter(
            f"for all tasks say which data set '{roots.unnamed[0]}' is: NAME=ROOT", param_hint="--data"
        )
    chosen = [find_task(name) for name in names] if names else list(tasks().values())
    failed = 0
    for task, result in check_tasks(chosen, roots):
        failed += not result.ok
        typer.echo(check_line({"task": task.name}, result, as_json=as_json))
    if failed:
        raise LavinError(f"{failed} check(s) failed; each is named above with the reason")


@app.command("make-context")
def make_context(
    name: TaskName,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to make.", show_default=False)],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="[NAME=]ROOT", help="Data set of the card and where it lies.", show_default="the task's first"
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Split of the data set.")] = "train",
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to draw.")] = 6,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="Take this sample instead of drawing: a key or a pattern; repeatable."),
    ] = None,
    size: Annotated[int, typer.Option(min=8, help="Height and width in pixels.")] = 256,
    seed: Annotated[int, typer.Option(help="Draws the samples, and what is done to them.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is there.")] = False,
) -> None:
    """Make a context set from a data set of the task; prints the files written.

    OUT appears complete or not at all.
    """
    from lavincli.cards.context_set import make_context as make
    from lavincli.registry import task as find_task

    task = find_task(name)
    dataset: str | None = None
    root: Path | None = None
    if data is not None:
        before, equals, _ = data.partition("=")
        dataset, root = _named_root(data) if equals and before in task.datasets else (None, Path(data))
    files = make(
        task,
        out,
        dataset=dataset,
        root=root,
        split=split,
        pairs=pairs,
        size=size,
        seed=seed,
        keys=key or (),
        overwrite=overwrite,
    )
    for file in files:
        typer.echo(file)


def _named_root(value: str) -> tuple[str, Path]:
    name, equals, root = value.partition("=")
    if not (name and equals and root):
        raise typer.BadParameter(f"'{value}' is not NAME=ROOT", param_hint="--data")
    return name, Path(root)


def _in_words(value: Any) -> str:
    """A value of a description on one line: short blocks by name, the rest as JSON."""
    if isinstance(value, dict) and set(value) == {"codec"} and set(value["codec"]) == {"name"}:
        return str(value["codec"]["name"])
    if isinstance(value, list) and all(isinstance(item, dict) and set(item) == {"name"} for item in value):
        return ", ".join(item["name"] for item in value)
    return value if isinstance(value, str) else json.dumps(value)
