"""Values of options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from lavincli.cards.task import Task


def named_roots(data: list[str]) -> dict[str, Path | None]:
    """``--data NAME=ROOT`` or ``--data NAME``, repeated. Raises a usage error for anything else."""
    roots: dict[str, Path | None] = {}
    for text in data:
        name, equals, root = text.partition("=")
        if not name or (equals and not root):
            raise typer.BadParameter(f"'{text}': write NAME=ROOT, or NAME", param_hint="--data")
        if name in roots:
            raise typer.BadParameter(f"'{name}' is given twice", param_hint="--data")
        roots[name] = Path(root) if root else None
    return roots


def named_tasks(names: list[str]) -> list[Task]:
    """``--task NAME``, repeated, or ``--task all``."""
    from lavincli.registry import task, tasks

    if names == ["all"]:
        return [found for _, found in sorted(tasks().items())]
    return [task(name) for name in dict.fromkeys(names)]
