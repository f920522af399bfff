"""``lavin bench``: measurements that compare ways of doing one thing, side by side in one run."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lavincli.cli.columns import in_columns

app = typer.Typer(add_completion=False, help="Measure ways of doing one thing, side by side.")


@app.callback()
def bench() -> None:
    """Measure ways of doing one thing, side by side in one run."""


@app.command(epilog="Example: lavin bench reads --records 8192")
def reads(
    records: Annotated[int, typer.Option(min=16, help="Records in the store, and reads a round.")] = 8192,
    resolution: Annotated[int, typer.Option(min=16, help="Of the pictures; 256 gives records of 32 KiB.")] = 256,
    folder: Annotated[
        Path | None, typer.Option(help="Where the store is made, and removed again.", show_default="a temporary one")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Random reads of a latent store: lavin's reader, zarr-python, and a bare memory map."""
    from lavincli.bench.latent_reads import measure_reads

    with tempfile.TemporaryDirectory(dir=folder) as made:
        rates = measure_reads(Path(made), records=records, resolution=resolution)
    if as_json:
        typer.echo(json.dumps(asdict(rates)))
        return
    rows = [("reads of random records", "records/s", "times zarr")]
    for name, rate in (("zarr-python", rates.zarr), ("lavin", rates.reader), ("numpy.memmap", rates.memmap)):
        rows.append((name, f"{rate:,.0f}", f"{rate / rates.zarr:.0f}"))
    for line in in_columns(rows):
        typer.echo(line)
