"""What a run and its worker processes say to each other: one JSON object a line.

to a worker      {"asked": [...], "number": ...}    first: what is asked with each task
                 {"begin": PLACE}                   the items that follow are for this one of the tasks
                 {"items": [...]}                   a chunk of items
                 {"end": true}                      no more items come for this task
                 {"stop": true}                     the items in work are the last ones of all
from a worker    {"ready": MODEL}                   first
                 {"answered": [...]}                items that were computed together
                 {"ended": true}                    after an end: it waits for the next beginning
                 {"error": MESSAGE}                 it gave up, for a reason a user can mend
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from lavincli.clip import Clip
from lavincli.media.images import decode_image
from lavincli.predict_run.items import Answered, Item
from lavincli.predict_run.records import Record


def send(pipe: IO[bytes], message: dict[str, Any]) -> None:
    """Write one message. ASCII, in which also names that are no UTF-8 can be written."""
    pipe.write(json.dumps(message, default=str).encode("ascii") + b"\n")
    pipe.flush()


def items_message(items: Iterable[Item]) -> dict[str, Any]:
    """A chunk of items."""
    return {
        "items": [
            asdict(item) | {"earlier": None if item.earlier is None else item.earlier.model_dump(mode="json")}
            for item in items
        ]
    }


def read_items(message: dict[str, Any]) -> list[Item]:
    """The items of an `items_message`."""
    return [
        Item(
            **item
            | {
                "path": Path(item["path"]),
                "earlier": None if item["earlier"] is None else Record.model_validate(item["earlier"]),
            }
        )
        for item in message["items"]
    ]


def answered_message(together: Iterable[Answered]) -> dict[str, Any]:
    """What became of items: their records and thumbnails; the pictures themselves stay where they are."""
    return {
        "answered": [
            {
                "record": answered.record.model_dump(mode="json"),
                "thumbnails": [_to_text(clip) for clip in answered.thumbnails],
            }
            for answered in together
        ]
    }


def read_answered(message: dict[str, Any]) -> list[Answered]:
    """The items of an `answered_message`."""
    return [
        Answered(
            Record.model_validate(answered["record"]),
            thumbnails=tuple(_from_text(text) for text in answered["thumbnails"]),
        )
        for answered in message["answered"]
    ]


def _to_text(clip: Clip) -> str:
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(clip[0])).save(data, format="PNG")
    return base64.b64encode(data.getvalue()).decode("ascii")


def _from_text(text: str) -> Clip:
    return decode_image(base64.b64decode(text), "thumbnail")
