"""``lavin models``: list, show, download, import and export models."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lavincli.cli.columns import in_columns
from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.hub.unpack import Progress
    from lavincli.pipeline.summary import ModelSummary

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, help="List, show, download, import and export models.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a model, one a line.")]
ModelName = Annotated[str, typer.Argument(help="Name or folder of a model, or of a training run.", show_default=False)]


@app.command("list", epilog="Example: lavin models list")
def list_models(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(help="Models, folders of them, or training runs, to list beside those that are known."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the models that are bundled, pulled or downloaded, and those in the given directories.

    A directory that can't be read is named on stderr, and the rest is listed (exit code 3).
    """
    from lavincli.hub.places import bundled_models, downloaded_models, installed_models
    from lavincli.pipeline.summary import summarise

    known = {"bundled": bundled_models(), "pulled": installed_models(), "hub": downloaded_models()}
    found = [(name, source, path) for source, models in known.items() for name, path in models.items()]
    found += [(str(path), "folder", path) for path in _model_directories(directories or [])]
    summaries: list[tuple[str, str, ModelSummary]] = []
    for name, source, path in found:
        try:
            summaries.append((name, source, summarise(path, quickly=True)))
        except LavinError as error:
            logger.error("%s", error)  # noqa: TRY400 - one line for the user; the rest of the list follows
    if as_json:
        for name, source, summary in summaries:
            typer.echo(json.dumps(_fields(summary) | {"model": name, "source": source}))
    else:
        _table(summaries)
    if len(summaries) < len(found):
        raise typer.Exit(3 if summaries else 1)


@app.command("info", epilog="Example: lavin models info lavin-tiny")
@app.command("show", epilog="Example: lavin models show lavin-tiny --json")
def show(model: ModelName, as_json: AsJson = False) -> None:
    """Show all that is known of one model, with the hashes of its files; its README.md is the model card."""
    from lavincli.hub.find import find_model

    directory = find_model(model)
    from lavincli.pipeline.model_config import read_config
    from lavincli.pipeline.summary import context_sets, file_hashes, summarise

    fields = _fields(summarise(directory))
    fields["sha256"] = file_hashes(directory)
    fields["contexts"] = [str(folder) for folder in context_sets(directory)]
    fields["config"] = read_config(directory).model_dump(mode="json")
    if as_json:
        typer.echo(json.dumps(fields))
        return
    width = max(map(len, fields)) + 2
    for key, value in fields.items():
        shown = f"{value:,}" if isinstance(value, int) else value if isinstance(value, str) else json.dumps(value)
        typer.echo(f"{key:<{width}}{shown}")


@app.command("pull", epilog="Example: lavin models pull lavin-tiny")
def pull(
    model: Annotated[
        str,
        typer.Argument(help="org/name or org/name@revision on the hub, or lavin-dit-3.4b.", show_default=False),
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Folder of the published archives, downloaded before.", show_default=False, file_okay=False
        ),
    ] = None,
    repository: Annotated[
        str | None,
        typer.Option(help="org/name on the hub that has the published archives.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Model directory to make of published weights.", show_default="among lavin's models"
        ),
    ] = None,
) -> None:
    r"""Fetch a model, so that it is known by its name from then on; prints its folder.

    A model on the hub is downloaded into the hub's cache; asked for again, only what is new.
    Published weights (lavin-dit-3.4b) are unpacked, checked and converted;
    their templates become context sets, in the model's folder contexts/.
    """
    from lavincli.errors import UnknownNameError
    from lavincli.hub.download import HubName, hub_model
    from lavincli.hub.places import bundled_models, installed_models, models_folder
    from lavincli.hub.published import PUBLISHED, pull_published

    here = {**installed_models(), **bundled_models()}
    if model in here and output is None:
        logger.info("%s: is here already", model)
        typer.echo(here[model])
    elif model in PUBLISHED:
        with _progress() as report:
            made = pull_published(
                model, output or models_folder() / model, folder=source, repository=repository, progress=report
            )
        typer.echo(made)
    elif (name := HubName.parse(model)) is not None:
        typer.echo(hub_model(name, update=True))
    else:
        raise UnknownNameError(model, kind="model (on the hub they are org/name)", known=[*here, *PUBLISHED])


@app.command("import", epilog="Example: lavin models import --jdit lavin_dit.safetensors --stvae stvae.pt lavin-3.4b/")
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


@app.command("export", epilog="Example: lavin models export runs/tiny-jdit mine/ --checkpoint best")
def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a training run, or a checkpoint.", show_default=False)
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Model directory to make.", show_default=False)],
    checkpoint: Annotated[str, typer.Option(help="Which one: newest, best, or the number of its step.")] = "newest",
    raw: Annotated[bool, typer.Option("--raw/--ema", help="The weights themselves, or their moving average.")] = False,
    dtype: Annotated[
        Literal["float16", "bfloat16", "float32"], typer.Option(help="Number format that the weights are stored in.")
    ] = "float16",
    name: Annotated[str | None, typer.Option(help="Name of the model.", show_default="the recipe's")] = None,
    license_: Annotated[
        str | None, typer.Option("--license", help="Licence of the weights.", show_default="the recipe's")
    ] = None,
) -> None:
    """Make a model directory that stands on its own from a training run; prints its path.

    It holds config.json, both networks' weights and a model card,
    and can be given away, or uploaded to the hub as it is.
    """
    import torch

    from lavincli.pipeline.export import ExportSettings, export_run

    kind: Literal["raw", "ema"] = "raw" if raw else "ema"
    export_run(run, output, ExportSettings(checkpoint, kind, getattr(torch, dtype), name, license_))
    typer.echo(output)


def _model_directories(paths: list[Path]) -> list[Path]:
    """Each path itself if it is a model or a run, or else the models and runs right inside it."""
    from lavincli.hub.places import CONFIG, models_in, trained_models

    found: list[Path] = []
    for path in paths:
        own = path if (path / CONFIG).is_file() else next(trained_models(path), None)
        inside = [*models_in(path).values()] if own is None else []
        runs = [next(trained_models(run), None) for run in sorted(path.glob("*/"))] if own is None else []
        found.extend([own] if own is not None else [*inside, *(model for model in runs if model is not None)] or [path])
    return found


def _fields(summary: ModelSummary) -> dict[str, Any]:
    return asdict(summary) | {"path": str(summary.path)}


def _table(summaries: list[tuple[str, str, ModelSummary]]) -> None:
    """One line a model, in columns; the first line names them."""
    rows = [("name", "from", "J-DiT", "ST-VAE", "size", "pixels", "pairs", "attention", "licence", "sha256", "path")]
    rows += [
        (
            one.name if source == "folder" else name,
            source,
            f"{one.jdit_parameters:,}",
            f"{one.stvae_parameters:,}",
            f"{one.size / 1e6:.1f} MB",
            str(one.resolution),
            str(one.context_pairs),
            one.attention,
            one.license,
            one.fingerprint[:12] if one.fingerprint else "-",
            str(one.path),
        )
        for name, source, one in summaries
    ]
    for line in in_columns(rows):
        typer.echo(line)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar an archive on a terminal; nothing elsewhere."""
    from lavincli.cli.logs import stderr_console, wants_progress

    if not wants_progress():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr_console(), transient=True, redirect_stdout=False) as progress:
        bars: dict[str, TaskID] = {}

        def report(what: str, done: int, of: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=of)
            progress.update(bars[what], completed=done)

        yield report
