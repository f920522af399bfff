"""Small pictures of items, for a contact sheet."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from lavincli.clip import Clip
from lavincli.media.geometry import fit_size, resize
from lavincli.media.images import read_image

logger = logging.getLogger(__name__)

CELL: Final = 192


def thumbnails(query: Clip, prediction: Clip, truth: Clip | None) -> tuple[Clip, ...]:
    """Query and prediction, and the truth where the query was made from it, as stills of at most `CELL` pixels."""
    if truth is None:
        return _small(query), _small(prediction)
    # The query was made at the model's size; it is shown in the shape of the picture.
    return _small(resize(query[:1], (truth.shape[1], truth.shape[2]))), _small(prediction), _small(truth)


def kept_picture(files: dict[str, list[str]], output: Path) -> Clip | None:
    """The picture among the files of an answer that was kept; None if there is none."""
    ordered = [*files.get("rgb", ()), *files.get("value", ()), *(file for some in files.values() for file in some)]
    pictures: Sequence[str] = [file for file in ordered if PurePosixPath(file).suffix == ".png"]
    return read_image(output / pictures[0]) if pictures else None


def _small(picture: Clip) -> Clip:
    size = (picture.shape[1], picture.shape[2])
    if max(size) <= CELL:
        return picture[:1]
    return resize(picture[:1], fit_size(size, (CELL, CELL)))
