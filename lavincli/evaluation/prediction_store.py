"""The model's pictures of a run, kept by what they were made of, so that they need not be computed again.

A kill costs the item at hand; several processes fill one store, and whoever scores reads it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.images import read_image, write_image

logger = logging.getLogger(__name__)

FOLDER: Final = "predictions"


class PredictionStore:
    """Pictures ``uint8 [T, H, W, 3]`` in a folder, each under a fingerprint of all that decided it.

    A clip is one PNG with its frames below each other: without loss, and readable by anything.

    Args:
        folder: made on the first write.
        overwrite: keep nothing that was there: every picture is computed again, once.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False) -> None:
        self.folder = folder
        self._overwrite = overwrite
        self._own: set[str] = set()

    def get(self, fingerprint: str, frames: int) -> Clip | None:
        """The picture of ``frames`` frames, or None if it isn't there, or damaged."""
        path = self._path(fingerprint)
        if (self._overwrite and fingerprint not in self._own) or not path.is_file():
            return None
        try:
            tall = read_image(path)[0]
        except InputError as error:
            logger.warning("%s; it is computed again", error)
            return None
        picture: Clip = tall.reshape(frames, tall.shape[0] // frames, *tall.shape[1:])
        return picture

    def put(self, fingerprint: str, picture: Clip) -> None:
        """Keep a picture, all or nothing. Raises OSError where the disk is full."""
        write_image(self._path(fingerprint), np.concatenate(list(picture))[None])
        self._own.add(fingerprint)

    def count(self, fingerprints: Sequence[str]) -> int:
        """How many of these are there."""
        return sum(self._path(fingerprint).is_file() for fingerprint in fingerprints)

    def _path(self, fingerprint: str) -> Path:
        return self.folder / fingerprint[:2] / f"{fingerprint}.png"
