"""``lavin bench``: measurements that compare ways of doing one thing, side by side in one run."""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lavincli.atomic import atomic_write_text
from lavincli.cli.columns import in_columns

logger = logging.getLogger(__name__)

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
    rounds: Annotated[int, typer.Option(min=1, help="Of measuring a way; medians are shown.")] = 3,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds of measuring a way after which no new round begins.")
    ] = 60.0,
    compiles: Annotated[
        bool, typer.Option("--compile/--no-compile", help="Compile the engine's blocks, and the peer.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="Device, as PyTorch names it.", show_default="the best one")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Number format: float32, bfloat16.", show_default="fits the device")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of a CPU.", show_default="PyTorch's choice")] = None,
    plot: Annotated[Path | None, typer.Option(help="Folder for plots.", show_default=False)] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="File for a Markdown table, written as each way is done.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as each way is done.")] = False,
) -> None:
    """Ways of answering: the published one, the exact engine, refresh, one-way, few steps, an autoregressive peer.

    Each way is measured in a process of its own, so that its peak of memory is its own. Latency is that of one more
    query of a task; what a new task costs stands beside it, and the throughput is reckoned for all queries of one new
    task from the batches that were really run ('queries run' says how many answers that were; of the published way,
    whose queries share nothing, a few). Operations are counted as they run; the utilisation is what is computed a
    second, as a share of what the machine's matrix products reach with the same number format and threads. The error is
    against the published way of the same weights, attention and number format.

    On a GPU, 3.4b in bfloat16 takes 14 GB while it is made, then 7 GB and what a batch takes: 40 GB do for 512 pixels,
    8 pairs and batches of 8. examples/speed-on-a-gpu.sh has the commands.
    """
    from lavincli.bench.engine_command import EngineCommand
    from lavincli.bench.engine_table import as_markdown, as_table
    from lavincli.bench.plot import plot_engine
    from lavincli.errors import LavinError

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
        patience=patience,
        compiles=compiles,
        device=device,
        dtype=dtype,
        threads=threads,
    )
    failures: list[str] = []

    def failed(what: str, error: LavinError) -> None:
        failures.append(f"{what}: {error}")
        logger.error("%s: %s", what, error)

    setting = asked.setting()
    logger.info("%s", setting)
    rows = []
    for row in asked.run(setting, failed):
        rows.append(row)
        if as_json:
            typer.echo(json.dumps(asdict(row) | {"setting": asdict(setting)}))
        if markdown is not None:
            # At once: what was measured is there whatever stops the rest.
            atomic_write_text(markdown, as_markdown(rows, str(setting), queries))
    if not rows:
        raise LavinError(failures[0])
    if not as_json:
        for line in in_columns(as_table(rows)):
            typer.echo(line)
    if plot is not None:
        plot_engine(rows, plot, str(setting))
    if failures:
        raise typer.Exit(3)
