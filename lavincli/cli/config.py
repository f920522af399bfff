"""``lavin config``: every setting's value and where it comes from; the user's own file."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lavincli.cli.columns import in_columns

if TYPE_CHECKING:
    from lavincli.settings.resolve import Settings

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="Show every setting's value and where it comes from.")


@app.command("show", epilog="Example: lavin config show predict")
def show_settings(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND]...", help="Of this command only: predict, models export.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a setting, one a line.")] = False,
) -> None:
    """Show the value of every option, and whether it comes from the environment, a file, or is lavin's own.

    A flag comes first, then the environment (LAVIN_PREDICT_DEVICE, or LAVIN_DEVICE for all commands),
    then the file of --config (or LAVIN_CONFIG), then the user's own file, then the default.
    """
    from lavincli.settings.show import places, shown_settings, unknown_variables

    settings: Settings = ctx.find_root().obj.settings
    shown = shown_settings(settings, tuple(command or ())) + ([] if command else places())
    for problem in unknown_variables():
        logger.warning("%s", problem)
    if as_json:
        for name, one in shown:
            typer.echo(json.dumps({"setting": name, "value": one.value, "origin": one.origin}, default=str))
        return
    rows = [("setting", "value", "from"), *((name, _in_words(one.value), one.origin) for name, one in shown)]
    for line in in_columns(rows):
        typer.echo(line)


@app.command("path", epilog="Example: lavin config path")
def path() -> None:
    """Print where the user's own file of settings is, or would be."""
    from lavincli.settings.files import user_file

    typer.echo(user_file())


@app.command("set", epilog="Example: lavin config set predict.batch_size 4")
def set_value(
    key: Annotated[
        str, typer.Argument(help="device (for all commands), or predict.device (for one).", show_default=False)
    ],
    value: Annotated[str, typer.Argument(help="As on the command line; 'null' removes it.", show_default=False)],
) -> None:
    """Write a setting into the user's own file; prints the file's path."""
    from lavincli.settings.write import write_setting

    typer.echo(write_setting(key, value))


def _in_words(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) or "-" if isinstance(value, list | tuple) else str(value)
