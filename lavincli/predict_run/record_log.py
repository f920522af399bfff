"""The records of an output folder, while a run adds to them.

Lines are appended as items are done, so that a run that was killed can go on; at its end the file is written anew with
one line an item, sorted. One process writes to ``predictions.jsonl`` itself. Where a run is spread over machines, each
process has a file of its own, ``predictions.<i>-of-<n>.jsonl``, and adds it to ``predictions.jsonl`` when it is done;
whoever comes later also adds what a killed one has left.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from lavincli.atomic import atomic_path
from lavincli.errors import ConfigError
from lavincli.predict_run.record_index import RecordIndex, write_sorted
from lavincli.predict_run.records import RECORDS_FILE, Record
from lavincli.processes import Share

logger = logging.getLogger(__name__)

_PARTS: Final = "predictions.*-of-*.jsonl"
_NO_LOCKS: Final = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class RecordLog:
    """The records of an output folder, open for a run. Use it as a context manager.

    Args:
        output: the folder.
        share: which part of the run this process does.

    Attributes:
        was_there: an earlier run has written records there.

    Entering raises ConfigError if another run is writing there.
    """

    def __init__(self, output: Path, share: Share | None = None) -> None:
        self.output = output
        self._whole = output / RECORDS_FILE
        self._alone = share is None or share.of == 1
        self.path = self._whole
        if share is not None and not self._alone:
            self.path = output / f"predictions.{share.index + 1}-of-{share.of}.jsonl"
        found = [path for path in (self._whole, *self._parts()) if path.is_file()]
        self.was_there = bool(found)
        self._index = RecordIndex(found)

    def __len__(self) -> int:
        """How many records earlier runs have left."""
        return len(self._index)

    def __enter__(self) -> Self:
        self.output.mkdir(parents=True, exist_ok=True)
        locked = _locked(self.path, wait=False)
        if locked is None:
            raise ConfigError(f"{self.output}: another run writes its answers there; wait for it, or end it")
        self._file = locked
        self._start_on_a_new_line()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with ExitStack() as stack:
                if not self._alone:
                    stack.enter_context(_locked(self._whole, wait=True) or self._file)
                self._gather(stack)
        finally:
            self._file.close()

    def earlier(self, key: str) -> Record | None:
        """The record of an earlier run's answer to an item; None if there is none, or it failed."""
        record = self._index.find(key) if len(self._index) else None
        return record if record is not None and record.status == "done" else None

    def add(self, records: Sequence[Record]) -> None:
        """Append the records of items that were computed together, at once.

        Together, because after a kill those without a record are computed again: then it is the same batch, and the
        same bytes. A skipped item keeps the record of the run that answered it.
        """
        lines = "".join(record.model_dump_json() + "\n" for record in records if record.status != "skipped")
        if lines:
            self._file.write(lines.encode())
            self._file.flush()

    def _parts(self) -> list[Path]:
        return sorted(self.output.glob(_PARTS))

    def _start_on_a_new_line(self) -> None:
        """A killed run may have left half a line."""
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")

    def _gather(self, stack: ExitStack) -> None:
        """Write ``predictions.jsonl`` anew, with this process's records and those of processes that are no more."""
        parts = [self.path] if not self._alone else []
        for path in self._parts():
            if path != self.path and (left := _locked(path, wait=False)) is not None:
                stack.enter_context(left)
                parts.append(path)
        with atomic_path(self._whole) as temporary:
            write_sorted([self._whole, *parts], temporary)
        for path in parts:
            path.unlink()


def _locked(path: Path, *, wait: bool) -> IO[bytes] | None:
    """A file open for appending that nobody else has locked; None if somebody has and shall not be waited for."""
    while True:
        file = path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.close()
            return None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                file.close()
                raise
            logger.warning("%s: can't be locked (%s); see to it that only one run writes there", path, error.strerror)
            return file
        # Whoever had the lock may have put another file in its place, or taken it away.
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()
