"""What a run is about, input by input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lavincli.clip import Clip
    from lavincli.pipeline.prediction import Prediction
    from lavincli.predict_run.records import Record


@dataclass(frozen=True, slots=True)
class Item:
    """One input of a run.

    Attributes:
        path: the file; of a video in numbered pictures, the pattern of their names.
        key: its path below the folder it was found in, with forward slashes; its seed is made from it.
        stem: where its answer goes: ``<output>/<stem>`` and a suffix.
        earlier: the record of an answer that an earlier run gave.
        error: why it can't be answered, where that is known already.
        shown: pictures of it are wanted, for a contact sheet.
    """

    path: Path
    key: str
    stem: str
    earlier: Record | None = None
    error: str | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one item: its record, and its pictures where it was answered in this process.

    Attributes:
        record: what is known of it afterwards.
        query: what the model was asked.
        prediction: its answer.
        truth: the picture itself, where the query was made from it.
        thumbnails: query, prediction (and truth), small, where they were asked for; also of answers that were kept.
    """

    record: Record
    query: Clip | None = None
    prediction: Prediction | None = None
    truth: Clip | None = None
    thumbnails: tuple[Clip, ...] = ()
