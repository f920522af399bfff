"""The record of a folder run: one JSON line an item in ``predictions.jsonl``, beside the answers.

Lines are appended as items are done, so that a run that was killed can go on; at the end of a run the file is rewritten
with one line an item. The last line of a key counts. A line that was cut off by a kill is passed over: its item is
answered again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from lavincli.atomic import atomic_path

logger = logging.getLogger(__name__)

RECORDS_FILE: Final = "predictions.jsonl"
Status = Literal["done", "skipped", "failed"]


class Record(BaseModel):
    """What became of one input.

    Attributes:
        format: version of this layout.
        key: the input's path below the folder it was found in.
        input: the input's path as it was given.
        status: "done"; "skipped": the answer of an earlier run, made from the same things, was kept; "failed".
        files: the files written, by kind ("value", "rgb"), as paths below the output folder.
        error: why it failed, in one line.
        task, context, seed, settings: what the model was asked.
        model, model_fingerprint, device, dtype: what answered.
        fingerprint: a hash of all that decided the answer: input bytes, model, task, context, settings.
        seconds: computing time of the item: that of its batch, divided by the items in it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal[1] = 1
    key: str
    input: str
    status: Status
    files: dict[str, list[str]] = {}
    error: str | None = None
    task: str | None = None
    context: list[str] = []
    seed: int
    settings: dict[str, Any] = {}
    model: str
    model_fingerprint: str
    device: str
    dtype: str
    fingerprint: str | None = None
    seconds: float = 0.0


class RecordLog:
    """``predictions.jsonl`` of an output folder, open for a run. Use it as a context manager.

    Of earlier records only what tells whether an item can be skipped is held in memory.
    """

    def __init__(self, output: Path) -> None:
        self.path = output / RECORDS_FILE
        self._done: dict[str, tuple[str, dict[str, list[str]]]] = {}
        for record in read_records(self.path):
            self._done.pop(record.key, None)
            if record.status == "done" and record.fingerprint is not None:
                self._done[record.key] = (record.fingerprint, record.files)

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._start_on_a_new_line()
        self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._compact()

    def finished(self, key: str, fingerprint: str) -> bool:
        """Whether an earlier run answered this item from the very same things, and its files are still there."""
        earlier = self._done.get(key)
        if earlier is None or earlier[0] != fingerprint:
            return False
        return all((self.path.parent / file).is_file() for files in earlier[1].values() for file in files)

    def files_of(self, key: str) -> dict[str, list[str]]:
        """The files an earlier run wrote for an item, by kind."""
        return self._done[key][1]

    def add(self, record: Record) -> None:
        """Append a record, at once. A skipped item keeps the record of the run that answered it."""
        if record.status != "skipped":
            self._file.write(record.model_dump_json() + "\n")
            self._file.flush()

    def _start_on_a_new_line(self) -> None:
        """A killed run may have left half a line."""
        if not self.path.is_file() or self.path.stat().st_size == 0:
            return
        with self.path.open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")

    def _compact(self) -> None:
        """One line a key, sorted by key: the same run gives the same file, however often it was interrupted."""
        last = {record.key: offset for offset, record in _records_with_offsets(self.path)}
        with atomic_path(self.path) as temporary, temporary.open("wb") as sorted_file, self.path.open("rb") as file:
            for key in sorted(last):
                file.seek(last[key])
                sorted_file.write(file.readline())


def read_records(path: Path) -> Iterator[Record]:
    """The records in a ``predictions.jsonl``, in the order they were written; none if there is no such file."""
    for _, record in _records_with_offsets(path):
        yield record


def _records_with_offsets(path: Path) -> Iterator[tuple[int, Record]]:
    """Each record with the place in the file where its line starts."""
    if not path.is_file():
        return
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                if line.strip():
                    yield offset, Record.model_validate_json(line)
            except ValidationError:
                logger.warning("%s: line %d isn't a record and is passed over", path, number)
            offset += len(line)
