"""The contact sheet of a run with one task: query | prediction (| truth, where a query was made from a picture)."""

from __future__ import annotations

import logging
from pathlib import Path

from lavincli.media.images import write_image
from lavincli.media.sheet import SheetRow, contact_sheet
from lavincli.predict_run.items import Answered
from lavincli.predict_run.thumbnails import CELL

logger = logging.getLogger(__name__)


class Gallery:
    """Collects what a sheet shows, small, so that a long run needs no more memory than a short one.

    Args:
        limit: how many items the sheet shows; further ones are only counted.
    """

    def __init__(self, *, limit: int = 60) -> None:
        self._limit = limit
        self._rows: list[SheetRow] = []
        self._left_out = 0

    def wants(self, key: str) -> bool:  # noqa: ARG002 - any item is as good as another
        """Whether there is room for the item with this key."""
        return len(self._rows) < self._limit

    def add(self, answered: Answered) -> None:
        """Take in one item; a failed one has nothing to show, and one with more or fewer pictures no place."""
        columns = len(self._rows[0].pictures) if self._rows else len(answered.thumbnails)
        if not self.wants(answered.record.key) or len(answered.thumbnails) != columns:
            self._left_out += answered.record.status != "failed"
        elif answered.thumbnails:
            self._rows.append(SheetRow(answered.record.key, answered.thumbnails))

    def write(self, path: Path, title: str) -> bool:
        """Write the sheet; False if there was nothing to show."""
        if self._left_out:
            logger.info("%s shows %d items; %d more were answered", path, len(self._rows), self._left_out)
        if not self._rows:
            return False
        columns = ["query", "prediction", "truth"][: len(self._rows[0].pictures)]
        write_image(path, contact_sheet(self._rows, columns, title=title, cell=CELL))
        return True
