"""Output of `lavin train --plan`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
    from lavincli.train.plan.plan import Machines, Plan


def show_plan(config: STVAETrainConfig | JDiTTrainConfig, machines: Machines, *, as_json: bool) -> None:
    """Print the plan of a recipe. Raises LavinError, after that, if the recipe doesn't fit the machines."""
    from lavincli.train.plan.plan import make_plan
    from lavincli.train.plan.report import as_dictionary

    plan = make_plan(config, machines)
    if as_json:
        typer.echo(json.dumps(as_dictionary(plan)))
    else:
        _print(plan)
    if plan.refusal is not None:
        raise LavinError(plan.refusal)


def _print(plan: Plan) -> None:
    from lavincli.cli.columns import in_columns
    from lavincli.train.plan.report import HEADER, NOTE, summary, table

    lines = summary(plan)
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:<{width}}  {value}")
    typer.echo()
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        shown = Table(*HEADER)
        for row in table(plan):
            shown.add_row(*row)
        Console().print(shown)
    else:
        for line in in_columns([HEADER, *table(plan)]):
            typer.echo(line)
    typer.echo(NOTE)
