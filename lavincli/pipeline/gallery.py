"""The contact sheet of a folder run: query | prediction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.geometry import fit_size, resize
from lavincli.media.images import read_image, write_image
from lavincli.media.sheet import SheetRow, contact_sheet
from lavincli.pipeline.folder import Answered

logger = logging.getLogger(__name__)

CELL = 192


class Gallery:
    """Collects what a sheet shows, small, so that a long run needs no more memory than a short one.

    Args:
        output: the output folder of the run, where kept answers of an earlier run are read.
        limit: how many items the sheet shows; further ones are only counted.
    """

    def __init__(self, output: Path, *, limit: int = 60) -> None:
        self._output = output
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
            pictures = [answered.query, answered.prediction.rgb]
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
        write_image(path, contact_sheet(self._rows, ["query", "prediction"], title=title, cell=CELL))
        return True

    def _kept(self, answered: Answered) -> Sequence[Clip]:
        """Query and answer of an item that an earlier run answered; nothing if its answer isn't a picture."""
        files = [*answered.record.files.get("rgb", ()), *answered.record.files.get("value", ())]
        pictures = [file for file in files if PurePosixPath(file).suffix == ".png"]
        if not pictures:
            return []
        try:
            return [read_image(answered.record.input), read_image(self._output / pictures[0])]
        except InputError as error:
            logger.warning("left out of the sheet: %s", error)
            return []


def _thumbnail(picture: Clip) -> Clip:
    size = (picture.shape[1], picture.shape[2])
    if max(size) <= CELL:
        return picture
    return resize(picture[:1], fit_size(size, (CELL, CELL)))
