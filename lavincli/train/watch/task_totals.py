"""The loss of each task, from those of single elements of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lavincli.train.objective import StepFigures


def task_totals(figure: str, names: Iterable[str], tasks: Sequence[str], values: Sequence[float]) -> StepFigures:
    """`FIGURE/TASK` for each task of a recipe: the sum over its elements, and how many there are.

    Args:
        figure: what `values` are.
        names: the tasks.
        tasks: for each element which of them it is of.
        values: one for each element.
    """
    by_task: dict[str, list[float]] = {name: [] for name in names}
    for name, value in zip(tasks, values, strict=True):
        by_task[name].append(value)
    return {f"{figure}/{name}": (sum(found), len(found)) for name, found in by_task.items()}
