"""Where data sets lie, as users say it: ``NAME=ROOT``, or a ROOT alone whose data set is then found out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from lavincli.cards.task import Task
from lavincli.errors import InputError, LavinError, RootNeededError, UnknownNameError

_NAMED = re.compile(r"([a-z][a-z0-9_]*)=(.+)", re.DOTALL)
_TRIED_SIZE = 32


@dataclass(frozen=True, slots=True)
class DataRoots:
    """Places of data sets.

    Attributes:
        named: by the name of the data set.
        unnamed: places that a task's data sets are tried with.
    """

    named: Mapping[str, Path] = field(default_factory=dict)
    unnamed: Sequence[Path] = ()

    @classmethod
    def parse(cls, values: Iterable[str]) -> Self:
        """From ``NAME=ROOT`` and ``ROOT``; a path that is there is taken for one, also with a "=" in it.

        Raises ValueError for an empty name or root.
        """
        named: dict[str, Path] = {}
        unnamed: list[Path] = []
        for value in values:
            match = _NAMED.fullmatch(value)
            if match and not Path(value).exists():
                named[match[1]] = Path(match[2])
            elif not value or (value.endswith("=") and not Path(value).exists()):
                raise ValueError(f"'{value}' is neither NAME=ROOT nor a ROOT")
            else:
                unnamed.append(Path(value))
        return cls(named, unnamed)

    def require_known(self, tasks: Sequence[Task]) -> None:
        """Raise UnknownNameError for a name that is no data set of any of the tasks."""
        known = {dataset for task in tasks for dataset in task.datasets}
        for name in self.named:
            if name not in known:
                of = f" of task {tasks[0].name}" if len(tasks) == 1 else ""
                raise UnknownNameError(name, kind=f"data set{of}", known=known)

    def of(self, task: Task) -> dict[str, Path]:
        """The places of a task's data sets, by name. Raises InputError as `dataset_at` does."""
        roots = {dataset_at(task, root): root for root in self.unnamed}
        return roots | {name: root for name, root in self.named.items() if name in task.datasets}


def dataset_at(task: Task, root: Path) -> str:
    """Which of a task's data sets lies at ``root``.

    Data sets with bundled data are asked only if no other is there; the only one left isn't tried at all, so that its
    loader tells what is wrong. Raises InputError if several of them can be read from there, or none.
    """
    wanting = [name for name in task.datasets if _needs_root(task, name)]
    candidates = wanting or task.datasets
    if len(candidates) == 1:
        return candidates[0]
    fitting: list[str] = []
    reasons: list[str] = []
    for name in candidates:
        try:
            task.pair(task.samples(name, root)[0], size=_TRIED_SIZE)
        except LavinError as error:
            reasons.append(f"{name}: {str(error).removeprefix(f'{root}: ')}")
        else:
            fitting.append(name)
    if len(fitting) > 1:
        raise InputError(f"{root}: can be read as {' and as '.join(fitting)}; say which: --data {fitting[0]}={root}")
    if not fitting:
        raise InputError(f"{root}: is none of the data sets of {task.name} ({'; '.join(reasons) or 'it has none'})")
    return fitting[0]


def _needs_root(task: Task, dataset: str) -> bool:
    try:
        task.samples(dataset)
    except RootNeededError:
        return True
    except LavinError:
        return False
    return False
