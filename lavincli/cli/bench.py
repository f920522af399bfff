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


@app.command(epilog="Example: lavin bench engine --preset 0.1b --resolution 128 --pairs 1,4 --plot plots/")
def engine(
    preset: Annotated[str, typer.Option(help="Size of a model with random weights: tiny, 0.1b, 1.0b, 3.4b.")] = "0.1b",
    model: Annotated[str | None, typer.Option(help="A model, in place of a preset.", show_default=False)] = None,
    resolution: Annotated[
        int | None, typer.Option(min=16, help="Of the pictures.", show_default="256, or the model's")
    ] = None,
    pairs: Annotated[str, typer.Option(help="Numbers of context pairs, separated by commas.")] = "1,4,8",
    queries: Annotated[int, typer.Option(min=1, help="Of one task, for the throughput.")] = 64,
    batch_size: Annotated[int, typer.Option(min=1, help="Of them computed at once.")] = 8,
    grid: Annotated[str, typer.Option(help="Points in time: published:N, uniform:N or shifted:N:FACTOR.")] = (
        "published:20"
    ),
    guidance: Annotated[float, typer.Option(help="Guidance scale; 1 is none.")] = 1.5,
    few: Annotated[str, typer.Option(help="The grid of the ways with few steps.")] = "published:4",
    refresh: Annotated[int, typer.Option(min=1, help="At every so many-th evaluation the condition is read.")] = 4,
    ways: Annotated[
        str | None, typer.Option(help="Which ways, separated by commas.", show_default="all of them")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="The ways take turns so often.")] = 3,
    compiles: Annotated[bool, typer.Option("--compile", help="Compile the engine's blocks, and the peer.")] = False,
    device: Annotated[
        str | None, typer.Option(help="Device, as PyTorch names it.", show_default="the best one")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Number format: float32, bfloat16.", show_default="fits the device")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of a CPU.", show_default="PyTorch's choice")] = None,
    plot: Annotated[Path | None, typer.Option(help="Folder for plots.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Ways of answering: the published one, the exact engine, refresh, one-way, few steps, an autoregressive peer.

    Latency is that of one more query of a task; what a new task costs stands beside it.
    The error is against the published way with 20 points, of the same weights and attention.
    """
    from lavincli.bench.engine_command import EngineCommand

    asked = EngineCommand(
        preset=preset,
        model=model,
        resolution=resolution,
        pairs=pairs,
        queries=queries,
        batch_size=batch_size,
        grid=grid,
        guidance=guidance,
        few=few,
        refresh=refresh,
        ways=ways,
        rounds=rounds,
        compiles=compiles,
        device=device,
        dtype=dtype,
        threads=threads,
    )
    rows = asked.run(plot)
    lines = [json.dumps(asdict(row)) for row in rows] if as_json else in_columns(asked.table(rows))
    for line in lines:
        typer.echo(line)
