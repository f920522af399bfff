"""``lavin eval compare``: what two results or more differ in."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lavincli.errors import LavinError

if TYPE_CHECKING:
    from lavincli.evaluation.compare import Difference

logger = logging.getLogger(__name__)

_FILE_WIDTH = 140


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Results folders; each is compared with the first.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a score, not a table.")] = False,
) -> None:
    """Tell how scores differ, with intervals that are paired by item.

    Results that were not measured alike (other data, another split or protocol) are not compared; it says why.
    """
    from lavincli.evaluation.compare import Difference
    from lavincli.evaluation.compare import compare as run

    found = list(run(folders))
    differences = [one for one in found if isinstance(one, Difference)]
    for one in found:
        if not isinstance(one, Difference):
            logger.error("%s: %s and %s can't be compared: %s", one.task, one.first, one.second, one.reason)
    if not differences:
        raise LavinError("none of the results can be compared; the reasons are above")
    if as_json:
        for difference in differences:
            typer.echo(difference.model_dump_json())
    else:
        _print_table(differences)
    if len(differences) < len(found):
        raise typer.Exit(3)


def _print_table(differences: Sequence[Difference]) -> None:
    from rich.console import Console
    from rich.table import Table

    from lavincli.evaluation.table import number

    caption = "95 % intervals of the difference, paired by item; better: where they leave out 0"
    table = Table(caption=caption, caption_justify="left")
    for heading in ("task", "data", "score", "against"):
        table.add_column(heading, overflow="fold")
    for heading in ("first", "second", "difference", "95 % items", "items"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("better", overflow="fold")
    for one in differences:
        low_high = "" if one.interval is None else " .. ".join(number(end, signed=True) for end in one.interval)
        table.add_row(
            one.task,
            one.dataset,
            f"{one.metric} {'↑' if one.higher_is_better else '↓'}",
            one.second,
            number(one.first_score),
            number(one.second_score),
            number(one.difference, signed=True),
            low_high,
            str(one.items),
            one.better or "",
            style=None if one.headline else "dim",
        )
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(table)
