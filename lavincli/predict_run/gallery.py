"""The contact sheet of a folder run: query | prediction (| truth, where the queries were made from clean pictures)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.geometry import fit_size, resize
from lavincli.media.images import read_image, write_image
from lavincli.media.sheet import SheetRow, contact_sheet
from lavincli.predict_run.run import Answered, FolderRun

logger = logging.getLogger(__name__)

CELL = 192


class Gallery:
    """Collects what a sheet shows, small, so that a long run needs no more memory than a short one.

    Args:
        run: the run; in its output folder the answers that were kept from an earlier run are read.
        limit: how many items the sheet shows; further ones are only counted.
    """

    def __init__(self, run: FolderRun, *, limit: int = 60) -> None:
        self._run = run
        self._limit = limit
        self._rows: list[SheetRow] = []
        self._left_out = 0

    def add(self, answered: Answered) -> None:
        """Take in one item; a failed one has nothing to show."""
        if len(self._rows) >= self._limit:
            self._left_out += answered.record.status != "failed"
            return
        pictures: Sequence[Clip] = ()
        if answered.query is not None and answered.prediction is not None:
            pictures = _row(answered.query, answered.prediction.rgb, answered.truth)
        elif answered.record.status == "skipped":
            pictures = self._kept(answered)
        if pictures:
            self._rows.append(SheetRow(answered.record.key, [_thumbnail(picture) for picture in pictures]))

    def write(self, path: Path, title: str) -> bool:
        """Write the sheet; False if there was nothing to show."""
        if self._left_out:
            logger.info("%s shows the first %d items; %d more were answered", path, self._limit, self._left_out)
        if not self._rows:
            return False
        columns = ["query", "prediction", "truth"][: len(self._rows[0].pictures)]
        write_image(path, contact_sheet(self._rows, columns, title=title, cell=CELL))
        return True

    def _kept(self, answered: Answered) -> Sequence[Clip]:
        """Query and answer of an item that an earlier run answered; nothing if its answer isn't a picture."""
        files = [*answered.record.files.get("rgb", ()), *answered.record.files.get("value", ())]
        pictures = [file for file in files if PurePosixPath(file).suffix == ".png"]
        if not pictures:
            return []
        try:
            picture = read_image(answered.record.input)
            query = self._run.query_of(picture, answered.record.key)
            return _row(query, read_image(self._run.output / pictures[0]), None if query is picture else picture)
        except InputError as error:
            logger.warning("left out of the sheet: %s", error)
            return []


def _row(query: Clip, prediction: Clip, truth: Clip | None) -> list[Clip]:
    """The query, at the model's size where it was made there, is shown in the shape of the picture."""
    if truth is None:
        return [query, prediction]
    return [resize(query, (truth.shape[1], truth.shape[2])), prediction, truth]


def _thumbnail(picture: Clip) -> Clip:
    size = (picture.shape[1], picture.shape[2])
    if max(size) <= CELL:
        return picture
    return resize(picture[:1], fit_size(size, (CELL, CELL)))
