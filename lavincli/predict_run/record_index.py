"""Where in some files of records that of a key is, in 16 bytes a record."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from lavincli.predict_run.records import Record, records_with_offsets


class RecordIndex:
    """Finds the last record of a key in files that don't change but at their end.

    Only numbers are held; a record itself is read when it is asked for.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)
        hashes, places = array("q"), array("q")
        for number, path in enumerate(self._paths):
            for offset, record in records_with_offsets(path):
                hashes.append(hash(record.key))
                places.append(offset * len(self._paths) + number)
        found = np.frombuffer(hashes, np.int64)
        order = np.argsort(found, kind="stable")
        self._hashes, self._places = found[order], np.frombuffer(places, np.int64)[order]

    def __len__(self) -> int:
        """How many records there are, also those of one key."""
        return len(self._hashes)

    def find(self, key: str) -> Record | None:
        """The last record of a key."""
        wanted = np.int64(hash(key))
        first, end = (int(np.searchsorted(self._hashes, wanted, side)) for side in ("left", "right"))
        for place in self._places[first:end][::-1]:
            record = self._read(int(place))
            if record is not None and record.key == key:
                return record
        return None

    def _read(self, place: int) -> Record | None:
        offset, number = divmod(place, len(self._paths))
        with self._paths[number].open("rb") as file:
            file.seek(offset)
            return Record.model_validate_json(file.readline())


def write_sorted(paths: Sequence[Path], target: Path) -> None:
    """Write the last record of every key, sorted by key: the same run gives the same file, however it was stopped."""
    last = {
        record.key: offset * len(paths) + number
        for number, path in enumerate(paths)
        for offset, record in records_with_offsets(path)
    }
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in paths]
        out = stack.enter_context(target.open("wb"))
        for key in sorted(last):
            offset, number = divmod(last[key], len(paths))
            files[number].seek(offset)
            out.write(files[number].readline().rstrip(b"\n") + b"\n")
