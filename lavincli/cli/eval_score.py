"""``lavin eval score``: measure predictions that another tool has made."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from lavincli.cli.eval_output import print_line, report_results


def score(
    task: Annotated[str, typer.Option("--task", "-t", help="Name of the task.", show_default=False)],
    predictions: Annotated[
        Path, typer.Option(help="Folder of predictions, named as the items are.", show_default=False)
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="A data set of the task's card and where it lies, NAME=ROOT, or its NAME alone.",
            show_default="the task's first",
        ),
    ] = None,
    read: Annotated[
        list[str] | None,
        typer.Option(help="How to read the files, NAME=VALUE: values=depth, axes=opencv; repeatable."),
    ] = None,
    split: Annotated[str, typer.Option(help="Split of the data set.")] = "test",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many items.", show_default="all")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for results.json and results.jsonl.", show_default=False),
    ] = None,
    pictures: Annotated[int, typer.Option(min=0, help="How many items get pictures in the results folder.")] = 25,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line, not a table.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of inputs that are made at random.")] = 0,
) -> None:
    """Measure predictions that another tool has made, by the same code as a model's.

    They are pictures, .npy, .flo, COCO JSON, panoptic or indexed PNGs, found by the names of the items they answer,
    and of the size of the truth. Items without one are listed, and the exit code is then 3.
    Example: lavin eval score --task depth_estimation --predictions depth/ --data nyuv2=NYU --read values=depth
    """
    from lavincli.cli.options import named_roots, named_tasks

    roots = named_roots([data] if data else [])
    (found,) = named_tasks([task])
    options = dict(text.partition("=")[::2] for text in read or [])
    if "" in options or "" in options.values():
        raise typer.BadParameter("write NAME=VALUE", param_hint="--read")
    from lavincli.evaluation.peers import PeerSettings, score_predictions
    from lavincli.evaluation.run import Writing

    dataset, root = next(iter(roots.items()), (None, None))
    settings = PeerSettings(dataset, root, split, limit, seed, options)
    writing = Writing(output, None, pictures, command=shlex.join(["lavin", *sys.argv[1:]]))
    results = score_predictions(found, predictions, settings, writing=writing)
    if as_json:
        print_line(results.tasks[0])
    report_results([results], writing, as_json=as_json)
