"""`lavin train RECIPE --check-curve` and `--record-curve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig

_SEEDS, _WINDOWS = 5, 12


def show_check(recipe: str, config: STVAETrainConfig | JDiTTrainConfig) -> None:
    """Train the first steps, and print each window beside what was recorded.

    Raises LavinError if the loss isn't what it was.
    """
    from lavincli.train.watch.check_curve import check_curve

    found = check_curve(recipe, config)
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


def record(recipe: str, config: STVAETrainConfig | JDiTTrainConfig, path: Path) -> None:
    """Record a curve of the first windows of `log_every` steps, with several seeds; prints the file's path."""
    from lavincli.train.watch.check_curve import record_curve

    count = min(_WINDOWS, config.steps // config.log_every)
    seeds = range(config.seed, config.seed + _SEEDS)
    record_curve(recipe, config, seeds, config.log_every, count).write(path)
    typer.echo(path)
