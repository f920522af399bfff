"""``lavin plugins``: what is installed and why something failed; start a plugin, and check one."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lavincli.cli.check_lines import check_line
from lavincli.cli.columns import in_columns
from lavincli.errors import LavinError

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="List plugins and what they add, start one, check one.")


@app.command("list")
def list_plugins(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a plugin, one a line.")] = False,
) -> None:
    """List all plugins: versions, what each adds, and the reason where something could not be used."""
    from lavincli.registry import registry

    found = registry()
    found.collect_everything()
    if as_json:
        for record in found.plugins.values():
            typer.echo(json.dumps(asdict(record)))
        return
    rows = [("name", "from", "version", "API", "state", "adds")]
    for record in found.plugins.values():
        state = "failed" if not record.loaded else "problems" if record.problems else "ok"
        adds = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in record.provides.items())
        api = "-" if record.api is None else str(record.api)
        rows.append((record.name, record.distribution, record.version, api, state, adds or "-"))
    for line in in_columns(rows):
        typer.echo(line)
    for record in found.plugins.values():
        for problem in record.problems:
            typer.echo(f"{record.name}: {problem}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the plugin, lower_case.", show_default=False)],
    into: Annotated[
        Path, typer.Option(help="Folder to make it in.", show_default="the current one", file_okay=False)
    ] = Path(),
) -> None:
    """Write a new plugin that works, to change into your own; prints the files written.

    The folder lavin-NAME appears complete or not at all: a package
    with a loader, a codec, a metric, a task with its context set, and tests.
    """
    from lavincli.plugin_author.new import new_plugin

    files = new_plugin(name, into)
    for file in files:
        typer.echo(file)
    folder = into / f"lavin-{name.replace('_', '-')}"
    logger.info("next: pip install --editable %s, then lavin plugins check %s", folder, name)


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Names of plugins; all by default.", show_default=False),
    ] = None,
    tests: Annotated[
        bool, typer.Option("--tests/--no-tests", help="Also run the tests in the folder a plugin was installed from.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check, one a line.")] = False,
) -> None:
    """Check that plugins are in order; exit code 1 if one is not.

    Looks at how the plugin loads, at its hooks, at its tasks, and at each
    loader, codec, transform and metric, alone and in a task that uses it;
    and runs the plugin's own tests.
    """
    from lavincli.plugin_author.check import PluginChecks

    checks = PluginChecks()
    failed = 0
    for name in names or checks.plugins:
        for result in checks.check(name, run_tests=tests):
            failed += not result.ok
            typer.echo(check_line({"plugin": name}, result, as_json=as_json))
    if failed:
        raise LavinError(f"{failed} check(s) failed; each is named above with the reason")
