"""The contact sheet of an evaluated task: query | prediction | truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lavincli.evaluation.results import TaskResult
from lavincli.evaluation.table import number
from lavincli.evaluation.task_tally import Shown
from lavincli.media.images import write_image
from lavincli.media.sheet import SheetRow, contact_sheet

if TYPE_CHECKING:
    from lavincli.cards.task import Task


class TaskSheet:
    """Collects the pictures of a task's first items.

    Args:
        task: the task.
        model: the model's name, for the title.
        limit: how many items the sheet shows.
    """

    def __init__(self, task: Task, model: str, *, limit: int = 36) -> None:
        self._task = task
        self._model = model
        self._limit = limit
        self._rows: list[SheetRow] = []

    def add(self, shown: Shown) -> None:
        """Take in one item."""
        if len(self._rows) < self._limit:
            label = f"{shown.key}   {self._task.headline} {number(shown.score)}"
            self._rows.append(SheetRow(label, [shown.query, shown.prediction, shown.truth]))

    def write(self, folder: Path, result: TaskResult, *, of_several: bool = False) -> Path:
        """Write ``<folder>/<task>.png``, or ``<task>_<dataset>.png`` (``of_several``), and return its path."""
        headline = result.metrics[result.headline]
        best = headline.baselines[headline.best_baseline]
        title = (
            f"{self._task.title}: {self._model}, {result.headline} {number(headline.model.mean)} "
            f"({headline.best_baseline} {number(best.mean)})"
        )
        path = folder / (f"{result.task}_{result.dataset}.png" if of_several else f"{result.task}.png")
        write_image(path, contact_sheet(self._rows, ["query", "prediction", "truth"], title=title, cell=160))
        return path
