"""What there is to tell of a task, as plain values for lists and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lavincli.cards.card import Block, DataSet, Side
from lavincli.cards.task import Task
from lavincli.errors import LavinError


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A task in a list; ``problem`` says why it can't be used, where that is so."""

    name: str
    kind: str
    title: str
    headline: str
    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    version: int
    folder: str
    problem: str | None = None


def summarise(task: Task) -> TaskSummary:
    """The line of a list. Building blocks that fail are told, not raised."""
    headline, datasets, problem = task.card.headline or "", tuple(task.card.data), None
    try:
        headline, datasets = task.headline, tuple(task.datasets)
    except LavinError as error:
        problem = str(error)
    return TaskSummary(
        name=task.name,
        kind=task.card.kind,
        title=task.title,
        headline=headline,
        datasets=datasets,
        metrics=tuple(block.name for block in task.card.metrics),
        version=task.card.version,
        folder=str(task.folder),
        problem=problem,
    )


def describe(task: Task) -> dict[str, Any]:
    """All that the card and the folder tell, ready for JSON. Raises LavinError where something can't be found."""
    forward = task.forward or task
    sides = {"input": forward.card.input, "target": forward.card.target}
    if task.forward:
        sides = {"input": sides["target"], "target": sides["input"]}
    context = task.folder / "context"
    readme = task.folder / "README.md"
    return {
        "name": task.name,
        "version": task.card.version,
        "title": task.title,
        "description": task.card.description,
        "kind": task.card.kind,
        "reverse_of": task.card.reverse_of,
        **{side: _side(of) for side, of in sides.items()},
        "data": {name: _data_set(data) for name, data in forward.card.data.items()},
        "metrics": [_block(block) for block in task.card.metrics],
        "headline": task.headline,
        "higher_is_better": task.higher_is_better,
        "context_pairs": len(task.context_pairs()) if context.is_dir() or task.forward else 0,
        "folder": str(task.folder),
        "readme": str(readme) if readme.is_file() else None,
    }


def _block(block: Block) -> dict[str, Any]:
    return {"name": block.name, **block.options}


def _side(side: Side) -> dict[str, Any]:
    described: dict[str, Any] = {"codec": _block(side.codec)}
    if side.transform is not None:
        described["transform"] = _block(side.transform)
    return described


def _data_set(data: DataSet) -> dict[str, Any]:
    return data.model_dump(exclude_none=True)
