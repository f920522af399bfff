"""`lavin train`: train an ST-VAE or a J-DiT from a recipe."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped recipe.")],
    changes: Annotated[
        list[str] | None, typer.Argument(help="key=value changes, e.g. steps=1000 data.size=64.")
    ] = None,
) -> None:
    """Train a network from a recipe; the same command again goes on where it stopped.

    The folder of the trained network is printed on stdout.
    """
    import logging

    from lavincli.train.recipe import read_recipe
    from lavincli.train.run import run

    log = logging.getLogger("lavincli.train")

    def report(step: int, figures: dict[str, float]) -> None:
        log.info("step %d  %s", step, "  ".join(f"{key} {value:.4g}" for key, value in figures.items()))

    config = read_recipe(recipe, changes or [])
    typer.echo(run(config, report))
