"""``lavin models``: list, show and import models."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lavincli.cli.columns import in_columns
from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.pipeline.summary import ModelSummary

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="List, show and import models.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a model, one a line.")]


@app.command("list")
def list_models(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(help="Model directories, or folders of them, to list beside the bundled models."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the bundled models and those in the given directories.

    A directory that can't be read is named on stderr, and the rest is listed (exit code 3).
    """
    from lavincli.pipeline.model_directory import bundled_models
    from lavincli.pipeline.summary import summarise

    summaries: list[ModelSummary] = []
    failed = 0
    for path in [*bundled_models().values(), *_model_directories(directories or [])]:
        try:
            summaries.append(summarise(path))
        except LavinError as error:
            failed += 1
            logger.error("%s", error)  # noqa: TRY400 - one line for the user; the rest of the list follows
    if as_json:
        for summary in summaries:
            typer.echo(json.dumps(_fields(summary)))
    else:
        _table(summaries)
    if failed:
        raise typer.Exit(3 if summaries else 1)


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="Name or directory of a model.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show all that is known of one model; its README.md is the model card."""
    from lavincli.pipeline.load import find_model
    from lavincli.pipeline.model_directory import read_config
    from lavincli.pipeline.summary import summarise

    directory = find_model(model)
    fields = _fields(summarise(directory)) | {"config": read_config(directory).model_dump(mode="json")}
    if as_json:
        typer.echo(json.dumps(fields))
        return
    width = max(map(len, fields)) + 2
    for key, value in fields.items():
        shown = f"{value:,}" if isinstance(value, int) else json.dumps(value) if key == "config" else str(value)
        typer.echo(f"{key:<{width}}{shown}")


@app.command("import")
def import_model(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Model directory to make.", show_default=False)],
    jdit: Annotated[Path, typer.Option(help="Published J-DiT weights (.safetensors).", show_default=False)],
    stvae: Annotated[Path, typer.Option(help="Published ST-VAE weights (.pt, .safetensors).", show_default=False)],
    config: Annotated[
        Path | None,
        typer.Option(help='JSON file {"jdit": {...}, "stvae": {...}}; without it the 3.4b preset is meant.'),
    ] = None,
) -> None:
    """Make a model directory from published weight files; prints its path.

    The weights must fit the model exactly: missing, unexpected and misshapen parameters are named.
    """
    from lavincli.pipeline.model_directory import import_published

    import_published(jdit, stvae, config, output)
    typer.echo(output)


def _model_directories(paths: list[Path]) -> list[Path]:
    """Each path itself if it is a model directory, or else the model directories right inside it."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(config.parent for config in path.glob("*/config.json"))
        found.extend(inside if inside and not (path / "config.json").is_file() else [path])
    return found


def _fields(summary: ModelSummary) -> dict[str, Any]:
    return asdict(summary) | {"path": str(summary.path)}


def _table(summaries: list[ModelSummary]) -> None:
    """One line a model, in columns; the first line names them."""
    rows = [("name", "J-DiT", "ST-VAE", "size", "pixels", "pairs", "attention", "licence", "sha256", "path")]
    rows += [
        (
            one.name,
            f"{one.jdit_parameters:,}",
            f"{one.stvae_parameters:,}",
            f"{one.size / 1e6:.1f} MB",
            str(one.resolution),
            str(one.context_pairs),
            one.attention,
            one.license,
            one.fingerprint[:12],
            str(one.path),
        )
        for one in summaries
    ]
    for line in in_columns(rows):
        typer.echo(line)
