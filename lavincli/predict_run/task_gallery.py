"""The contact sheet of a run with several tasks: each input, and beside it what every task makes of it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lavincli.clip import Clip
from lavincli.media.images import write_image
from lavincli.media.sheet import SheetRow, contact_sheet
from lavincli.predict_run.items import Answered
from lavincli.predict_run.thumbnails import CELL

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    """One input: its picture, the answers by task, and the queries of tasks that are asked something else of it."""

    picture: Clip
    answers: dict[str, Clip] = field(default_factory=dict)
    queries: dict[str, Clip] = field(default_factory=dict)


class TaskGallery:
    """Collects what a sheet shows, small, from one run after the other.

    A row is an input, in the order of the first answers. A task whose query is the input itself has a column, its
    answer; a task that makes its query from it (gray, noisy, ...) has two, query and answer. What a task has not
    answered is left empty.

    Args:
        tasks: names of the tasks, in the order of their columns.
        limit: how many inputs the sheet shows; further ones are only counted.
    """

    def __init__(self, tasks: Sequence[str], *, limit: int = 60) -> None:
        self._tasks, self._limit = tasks, limit
        self._rows: dict[str, _Row] = {}
        self._left_out: Counter[str | None] = Counter()

    def wants(self, key: str) -> bool:
        """Whether the item with this key is shown already, or there is room for it."""
        return key in self._rows or len(self._rows) < self._limit

    def add(self, answered: Answered) -> None:
        """Take in a task's answer to an item; a failed one has nothing to show."""
        record = answered.record
        if not self.wants(record.key) or not answered.thumbnails:
            self._left_out[record.task] += record.status != "failed"
            return
        assert record.task is not None
        query, answer, *truth = answered.thumbnails
        row = self._rows.setdefault(record.key, _Row(truth[0] if truth else query))
        row.answers[record.task] = answer
        if not np.array_equal(query, row.picture):
            row.queries[record.task] = query

    def write(self, path: Path, title: str) -> bool:
        """Write the sheet; False if there was nothing to show."""
        if left_out := max(self._left_out.values(), default=0):
            logger.info("%s shows %d items; %d more were answered", path, len(self._rows), left_out)
        if not self._rows:
            return False
        with_queries = {task for row in self._rows.values() for task in row.queries}
        columns = ["input" if with_queries else "query"]
        for task in self._tasks:
            words = task.replace("_", " ")
            columns += [f"{words}: query", words] if task in with_queries else [words]
        rows = [SheetRow(key, list(self._pictures(row, with_queries))) for key, row in self._rows.items()]
        write_image(path, contact_sheet(rows, columns, title=title, cell=CELL))
        return True

    def _pictures(self, row: _Row, with_queries: set[str]) -> Iterator[Clip | None]:
        yield row.picture
        for task in self._tasks:
            answer = row.answers.get(task)
            if task in with_queries:
                yield None if answer is None else row.queries.get(task, row.picture)
            yield answer
