"""Finds task folders and loads the tasks in them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from lavincli.cards.card import CARD_FILE
from lavincli.cards.read import read_card
from lavincli.cards.task import Task
from lavincli.errors import CardError, LavinError

logger = logging.getLogger(__name__)


def is_task_path(name: str | Path) -> bool:
    """Whether ``name`` means a path (of a task folder or its card) rather than a registered task's name."""
    if isinstance(name, Path):
        return True
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml")) or (Path(name) / CARD_FILE).is_file()


def load_task(path: Path) -> Task:
    """Load one task from its folder or its card. Raises CardError."""
    card_file = path if path.suffix in (".yaml", ".yml") else path / CARD_FILE
    return Task(read_card(card_file), card_file.resolve())


def load_folders(folders: Sequence[Path]) -> tuple[dict[str, Task], dict[str, LavinError]]:
    """Load every task in ``folders``: the tasks by name, and the errors of those with bad cards by folder name.

    Both are reported as warnings where they leave a task out; of two tasks with one name the first is kept.
    """
    found: dict[str, Task] = {}
    broken: dict[str, LavinError] = {}
    for folder in folders:
        if not folder.is_dir():
            logger.warning("%s: no such folder of tasks", folder)
            continue
        for card_file in sorted(folder.glob(f"*/{CARD_FILE}")):
            try:
                task = load_task(card_file)
            except CardError as error:
                logger.warning("%s", error)
                broken[card_file.parent.name] = error
                continue
            if task.name in found:
                logger.warning("%s: task '%s' is already in %s", card_file, task.name, found[task.name].folder)
            else:
                found[task.name] = task
    return dict(sorted(found.items())), broken
