"""Context sets as pictures, to be looked at: of one task, or of many."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from lavincli.cards.task import Task
from lavincli.clip import Clip
from lavincli.errors import LavinError
from lavincli.media.sheet import SheetRow, contact_sheet

logger = logging.getLogger(__name__)

_MOMENTS = {1: ("",), 2: (", first", ", last"), 3: (", first", ", middle", ", last")}


def context_sheet(task: Task) -> Clip:
    """The pairs of the context set, input | target, as one picture ``uint8 [1, H, W, 3]``.

    Of clips the first, the middle and the last frame are shown. Raises InputError if the set is missing or damaged.
    """
    pairs = task.context_pairs()
    columns = {
        "input": min(3, max(len(pair.input) for pair in pairs)),
        "target": min(3, max(len(pair.target) for pair in pairs)),
    }
    rows = [
        SheetRow(pair.key, _frames(pair.input, columns["input"]) + _frames(pair.target, columns["target"]))
        for pair in pairs
    ]
    headings = [f"{side}{moment}" for side, count in columns.items() for moment in _MOMENTS[count]]
    return contact_sheet(rows, headings, title=task.title)


def tasks_sheet(tasks: Sequence[Task]) -> Clip:
    """The first pair of every task's context set, input | target, as one picture ``uint8 [1, H, W, 3]``.

    Of clips the middle frame is shown. A task whose set is missing or damaged is left out, with a warning.
    """
    rows = []
    for task in tasks:
        try:
            pair = task.context_pairs()[0]
        except LavinError as error:
            logger.warning("%s: is not on the sheet: %s", task.name, error)
            continue
        sides = [clip[[len(clip) // 2]] for clip in (pair.input, pair.target)]
        rows.append(SheetRow(task.name, sides))
    return contact_sheet(rows, ["input", "target"], title=f"{len(rows)} tasks", cell=128)


def _frames(clip: Clip, count: int) -> list[Clip]:
    """As many single frames of a clip ``[T, H, W, 3]``, from the first to the last."""
    return [clip[[index]] for index in np.linspace(0, len(clip) - 1, count).astype(int)]
