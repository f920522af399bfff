"""`lavin train RECIPE --check-curve` and `--record-curve`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
    from lavincli.train.watch.check_curve import Comparison

_SEEDS, _STEPS = 5, 500


def show_check(recipe: str, config: STVAETrainConfig | JDiTTrainConfig, runs: Sequence[Path]) -> None:
    """Print each window beside what was recorded: of the first steps, trained now, or of a run that was trained.

    Raises LavinError if the loss isn't what it was.
    """
    from lavincli.train.watch.check_curve import check_curve, check_run

    for found in [check_run(recipe, config, folder) for folder in runs] or [check_curve(recipe, config)]:
        _show(recipe, found)


def _show(recipe: str, found: Comparison) -> None:
    curve = found.curve
    typer.echo(f"{'steps':>9}  {curve.figure:>8}  recorded  difference")
    for number, (loss, mean, difference) in enumerate(zip(found.losses, curve.mean, found.differences, strict=True)):
        steps = f"{number * curve.window + 1}-{(number + 1) * curve.window}"
        typer.echo(f"{steps:>9}  {loss:8.4g}  {mean:8.4g}  {difference:+10.1%}")
    typer.echo(
        f"together {found.level:+.1%}; a run may differ by {curve.band:.1%} in a window and by {curve.level:.1%} in all"
    )
    own = "" if found.own is None else f", from the run of its own seed by up to {max(found.own, key=abs):+.1%}"
    if own:
        typer.echo(f"seed {found.seed} is among those recorded{own}; a third of the above is allowed")
    if not found.holds:
        raise LavinError(
            f"recipe {recipe} trains otherwise than when its curve was recorded: the loss of a window differs by up to "
            f"{max(found.differences, key=abs):+.1%}, of all by {found.level:+.1%}{own}; if that is meant, record it "
            "again with --record-curve"
        )


def record(recipe: str, config: STVAETrainConfig | JDiTTrainConfig, path: Path, runs: Sequence[Path]) -> None:
    """Record a curve of the first windows of `log_every` steps, with several seeds; prints the file's path.

    Runs that were trained, with different seeds; where none are given, the first steps are trained with five seeds.
    """
    from lavincli.train.watch.check_curve import record_curve, record_runs

    window, count = config.log_every, min(_STEPS, config.steps) // config.log_every
    if runs:
        record_runs(recipe, config, runs, window, count).write(path)
    else:
        record_curve(recipe, config, range(config.seed, config.seed + _SEEDS), window, count).write(path)
    typer.echo(path)
