"""What a run leaves beside its answers: a JSON line an item in ``predictions.jsonl``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

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
        files: the files written, by kind ("value", "rgb", ...), as paths below the output folder; of a video, a folder
            may stand for the files of its frames.
        frames: how many frames a video's answer has; None for pictures.
        error: why it failed, in one line.
        task, context, seed, settings: what the model was asked; `context` holds the ids of the pairs that it was shown.
        contexts: of an ensemble, the ids for each of the answers that were averaged.
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
    frames: int | None = None
    error: str | None = None
    task: str | None = None
    context: list[str] = []
    contexts: list[list[str]] = []
    seed: int
    settings: dict[str, Any] = {}
    model: str
    model_fingerprint: str
    device: str
    dtype: str
    fingerprint: str | None = None
    seconds: float = 0.0


def read_records(path: Path) -> Iterator[Record]:
    """The records in a ``predictions.jsonl``, in the order they were written; none if there is no such file."""
    for _, record in records_with_offsets(path):
        yield record


def records_with_offsets(path: Path) -> Iterator[tuple[int, Record]]:
    """Each record with the place in the file where its line starts.

    A line that was cut off by a kill is passed over: its item is answered again.
    """
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
