"""``lavin plugins``: what is installed, what it adds, and why something failed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from lavincli.cli.columns import in_columns

app = typer.Typer(add_completion=False, help="List plugins and what they add.")


@app.callback()
def plugins() -> None:
    """List plugins and what they add."""


@app.command("list")
def list_plugins(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a plugin, one a line.")] = False,
) -> None:
    """List all plugins: version, what each adds, and the reason where something could not be used."""
    from lavincli.registry import registry

    found = registry()
    found.collect_everything()
    if as_json:
        for record in found.plugins.values():
            typer.echo(json.dumps(asdict(record)))
        return
    rows = [("name", "from", "version", "state", "adds")]
    for record in found.plugins.values():
        state = "failed" if not record.loaded else "problems" if record.problems else "ok"
        adds = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in record.provides.items())
        rows.append((record.name, record.distribution, record.version, state, adds or "-"))
    for line in in_columns(rows):
        typer.echo(line)
    for record in found.plugins.values():
        for problem in record.problems:
            typer.echo(f"{record.name}: {problem}")
