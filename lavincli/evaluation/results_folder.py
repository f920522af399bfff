"""A results folder: written while an evaluation runs, read by whoever compares, shows or goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from lavincli.atomic import atomic_path, atomic_write_text
from lavincli.errors import InputError
from lavincli.evaluation.gallery import Gallery
from lavincli.evaluation.items import ItemResult
from lavincli.evaluation.results import Results, TaskResult
from lavincli.evaluation.summary import Statistics

if TYPE_CHECKING:
    from lavincli.cards.task import Task

Model = TypeVar("Model", bound=BaseModel)

RESULTS_FILE: Final = "results.json"
ITEMS_FILE: Final = "results.jsonl"
RESAMPLES_FILE: Final = "resamples.npz"


class ResultsFolder:
    """The folder of a run, open for writing; with ``output`` None nothing is written.

    Lines of items are there as soon as the items are finished, ``results.json`` when all are.
    """

    def __init__(self, output: Path | None) -> None:
        self._output = output
        self._lines: IO[str] | None = None
        self._resampled: dict[str, NDArray[np.float64]] = {}

    def __enter__(self) -> Self:
        if self._output is not None:
            self._output.mkdir(parents=True, exist_ok=True)
            # Results of an earlier run say nothing of these items.
            (self._output / RESULTS_FILE).unlink(missing_ok=True)
            self._lines = (self._output / ITEMS_FILE).open("w", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lines is not None:
            self._lines.close()

    def gallery(self, task: Task, dataset: str | None, *, limit: int) -> Gallery | None:
        """What writes the pictures of a task's first items."""
        if self._output is None or dataset is None:
            return None
        return Gallery(self._output, task, dataset, limit=limit)

    def add(self, item: ItemResult) -> None:
        """Write an item's line, at once."""
        if self._lines is not None:
            self._lines.write(item.model_dump_json() + "\n")
            self._lines.flush()

    def keep(self, result: TaskResult, statistics: Statistics) -> None:
        """Remember what comparing a task's result takes."""
        for key, values in statistics.resampled.items():
            self._resampled[_resample_name(result.task, result.dataset, key)] = values

    def finish(self, results: Results) -> None:
        """Write the results, the last of all files."""
        if self._output is None:
            return
        with atomic_path(self._output / RESAMPLES_FILE) as temporary, temporary.open("wb") as file:
            np.savez(file, **self._resampled)  # type: ignore[arg-type]  # numpy's stub takes a key for allow_pickle
        atomic_write_text(self._output / RESULTS_FILE, results.model_dump_json(indent=2) + "\n")


def read_results(folder: Path) -> Results:
    """``results.json`` of a results folder. Raises InputError: missing, damaged, or of another format."""
    path = folder / RESULTS_FILE
    text = text_of(path, "no results of 'lavin eval -o' here; a run that was interrupted can be started again")
    return parsed(Results, text, path)


def read_items(folder: Path) -> Iterator[ItemResult]:
    """The lines of ``results.jsonl``, in order. Raises InputError like `read_results`."""
    path = folder / ITEMS_FILE
    for number, line in enumerate(text_of(path, "it belongs beside results.json").splitlines(), start=1):
        yield parsed(ItemResult, line, f"{path}, line {number}")


def read_resamples(folder: Path, task: str, dataset: str, key: str) -> NDArray[np.float64] | None:
    """A set score's bootstrap statistics ``[400]``; None where there are none. Raises InputError if damaged."""
    path = folder / RESAMPLES_FILE
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            name = _resample_name(task, dataset, key)
            return np.asarray(kept[name], dtype=np.float64) if name in kept else None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is damaged ({error}); run the evaluation again") from error


def _resample_name(task: str, dataset: str, key: str) -> str:
    return f"{task}.{dataset}.{key}"


def text_of(path: Path, hint: str) -> str:
    """The text of a file; ``hint`` says what it should have been. Raises InputError if it isn't there."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read ({error})") from error


def parsed(kind: type[Model], text: str, name: Path | str) -> Model:
    """JSON as a model; ``name`` is what an error calls it. Raises InputError: damaged, or of another format."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first: Any = error.errors()[0]
        if first["loc"] == ("format",):
            raise InputError(
                f"{name}: is of another format than this version of lavin reads; evaluate again"
            ) from error
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{name}: is damaged (key '{where}': {first['msg']})") from error
