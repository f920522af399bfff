"""``lavin completion``: the script that makes a shell complete lavin's commands and names."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import typer

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: lavin completion bash")
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Which shell.", show_default=False)],
    install: Annotated[
        bool, typer.Option("--install", help="Write it where the shell reads it at its start; prints that file.")
    ] = False,
) -> None:
    r"""Print the script that completes commands, options, tasks, models and files after a Tab.

    For this shell alone: eval "$(lavin completion bash)".
    """
    from typer._completion_shared import get_completion_script
    from typer._completion_shared import install as write

    if install:
        _, path = write(shell=shell, prog_name="lavin")
        logger.info("completion is there when %s is started the next time", shell)
        typer.echo(path)
        return
    typer.echo(get_completion_script(prog_name="lavin", complete_var="_LAVIN_COMPLETE", shell=shell))
