"""``lavin doctor``: report on this machine and installation."""

import json
import logging
from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)
logger = logging.getLogger(__name__)
_WIDTH = 22


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check, one a line.")] = False,
) -> None:
    """Report on this machine and installation, and what to do about what is wrong.

    Looks at Python, libraries, processors and devices, which number formats are fast,
    DeepSpeed, ffmpeg, Zarr, settings, plugins, tasks, models and room on the disks.
    Put its output into a bug report. Exit code 1 if something keeps lavin from working.
    """
    from lavincli.doctor.environment import check_environment

    counts: Counter[str] = Counter()
    for check in check_environment():
        counts[check.status] += 1
        if as_json:
            typer.echo(json.dumps(asdict(check)))
        else:
            advice = f"; {check.advice}" if check.advice else ""
            typer.echo(f"{check.status:<8} {check.name:<{_WIDTH}}  {check.detail}{advice}")
    logger.info("%d in order, %d warnings, %d problems", counts["ok"], counts["warn"], counts["problem"])
    if counts["problem"]:
        raise typer.Exit(1)
