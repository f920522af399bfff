"""``lavin doctor``: report on this machine and installation."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check, one a line.")] = False,
) -> None:
    """Report on this machine and installation; exit with 1 if something keeps lavin from working.

    Python, libraries, devices, ffmpeg, the files that come with lavin, plugins. Put its output into a bug report.
    """
    from lavincli.environment import check_environment

    checks = check_environment()
    width = max(len(check.name) for check in checks)
    for check in checks:
        if as_json:
            typer.echo(json.dumps(asdict(check)))
        else:
            typer.echo(f"{check.status:<8} {check.name:<{width}}  {check.detail}")
    if any(check.status == "problem" for check in checks):
        raise typer.Exit(1)
