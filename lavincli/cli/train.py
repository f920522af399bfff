"""`lavin train`: train an ST-VAE or a J-DiT from a recipe."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lavincli.cli.logs import stderr_console, wants_progress
from lavincli.errors import LavinError
from lavincli.processes import without_option

if TYPE_CHECKING:
    from lavincli.train.watch.watcher import Watcher

app = typer.Typer(add_completion=False)
log = logging.getLogger(__name__)
# What shells give a process that a signal ended.
_BY_SIGNAL = 128


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped recipe.")],
    changes: Annotated[
        list[str] | None, typer.Argument(help="key=value changes, e.g. steps=1000 data.size=64.")
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Train nothing; say what it takes, and whether it fits, without the machines."),
    ] = False,
    world: Annotated[int, typer.Option(min=1, help="GPUs, of --plan.")] = 1,
    gpu_memory: Annotated[float, typer.Option(min=1, help="GB of memory on each, of --plan.")] = 80.0,
    utilisation: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of a GPU's rate that training reaches, of --plan.")
    ] = 0.4,
    flops: Annotated[float, typer.Option(min=1, help="Operations a second of a GPU at its best, of --plan.")] = 990e12,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as one JSON object.")] = False,
    check_curve: Annotated[
        bool,
        typer.Option("--check-curve", help="Train the first steps, and compare with the shipped recipe's loss curve."),
    ] = False,
    record_curve: Annotated[
        Path | None, typer.Option("--record-curve", help="Train the first steps with five seeds, and write the curve.")
    ] = None,
    runs: Annotated[
        list[Path] | None,
        typer.Option("--of", help="With --check-curve, --record-curve: a trained run, whose log is read. Repeatable."),
    ] = None,
    processes: Annotated[int, typer.Option("--nproc", min=1, help="Processes on this machine, one a GPU.")] = 1,
) -> None:
    """Train a network from a recipe; the same command again goes on where it stopped.

    The folder of the trained network is printed on stdout. RUN/log.jsonl has its figures.
    Ctrl-C, SIGTERM and SIGUSR1 stop it after a step, with a checkpoint; the exit code is 128 + the signal's number.
    Several processes share every step's batch, by DeepSpeed; on several machines start the command with torchrun.
    """
    from lavincli.train.distributed.launch import become_launcher
    from lavincli.train.distributed.place import find_place
    from lavincli.train.recipe import read_recipe
    from lavincli.train.world import shares

    config = read_recipe(recipe, changes or [])
    if plan:
        from lavincli.cli.plan_lines import show_plan
        from lavincli.train.plan.plan import GIGA, Machines

        show_plan(config, Machines(world, round(gpu_memory * GIGA), flops, utilisation), as_json=as_json)
        return
    if check_curve or record_curve is not None:
        from lavincli.cli import curve_lines

        if processes > 1 or "RANK" in os.environ:
            raise typer.BadParameter("a curve is recorded and checked by one process", param_hint="--nproc")
        if record_curve is not None:
            curve_lines.record(recipe, config, record_curve, runs or [])
        else:
            curve_lines.show_check(recipe, config, runs or [])
        return
    if runs:
        raise typer.BadParameter("belongs to --check-curve and --record-curve", param_hint="--of")
    if processes > 1 and "RANK" not in os.environ:
        shares(config.batch_size, config.distributed.accumulation, processes)
        become_launcher(without_option(sys.argv[1:], "--nproc"), processes)
    place = find_place()
    is_first = place is None or place.rank == 0
    if not is_first:
        logging.getLogger("lavincli").setLevel(logging.WARNING)

    from lavincli.train.run import run
    from lavincli.train.watch.stop import StoppedError

    try:
        folder = run(config, _watchers() if is_first else (), measured=True)
    except StoppedError as error:
        log.info("%s", error)
        raise typer.Exit(_BY_SIGNAL + error.number) from error
    except LavinError as error:
        if place is None or place.size == 1:
            raise
        raise LavinError(f"rank {place.rank}: {error.message}") from error
    if is_first:
        typer.echo(folder)


def _watchers() -> list[Watcher]:
    """Who sees a run beside its `log.jsonl`: the terminal or the log, and TensorBoard where it is installed."""
    from lavincli.train.watch import tensorboard
    from lavincli.train.watch.lines import LogLines
    from lavincli.train.watch.view import LiveView

    shown = LiveView(stderr_console()) if wants_progress() else LogLines()
    return [shown, *([tensorboard.TensorBoard()] if tensorboard.is_installed() else [])]
