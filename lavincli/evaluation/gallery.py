"""The pictures of a results folder, for people to look at: query, prediction, truth, and the examples."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from lavincli.atomic import atomic_write_bytes
from lavincli.blocks import answer_resample_of
from lavincli.cards.task import Task
from lavincli.clip import Clip, Pair
from lavincli.evaluation.cases import Case
from lavincli.evaluation.items import ItemPictures, PairPictures, Picture
from lavincli.media.geometry import fit_size, resize
from lavincli.media.webp import encode_webp

FOLDER: Final = "pictures"
_LONGEST_STILL: Final = 512
_LONGEST_CLIP: Final = 256


class Gallery:
    """Writes the pictures of one task and data set below ``<output>/pictures/<task>/<dataset>``.

    What an earlier run left there is removed.

    Args:
        output: the results folder.
        task, dataset: whose pictures they are.
        limit: of how many items.
    """

    def __init__(self, output: Path, task: Task, dataset: str, *, limit: int) -> None:
        self._output = output
        self._folder = PurePosixPath(FOLDER, task.name, dataset)
        self._resample = answer_resample_of(task.codec)
        self._limit = limit
        self.place = 0
        """How many items have pictures; the number of the last one."""
        shutil.rmtree(output / self._folder, ignore_errors=True)

    @property
    def has_room(self) -> bool:
        """Whether another item gets pictures."""
        return self.place < self._limit

    def item(self, case: Case, picture: Clip) -> ItemPictures:
        """Write an item's pictures, at the size it is scored at; ``picture`` is the model's ``[T, S, S, 3]``."""
        self.place += 1
        size = (case.query.shape[1], case.query.shape[2])
        clips = {
            "query": case.query,
            "prediction": resize(picture, size, self._resample),
            "truth": resize(case.pair.target, size, self._resample),
        }
        return ItemPictures(**{name: self._write(f"{self.place:04d}_{name}", clip) for name, clip in clips.items()})

    def pairs(self, context: Sequence[Pair], number: int, *, of: str = "item") -> list[PairPictures]:
        """Write example pairs, those of an item or of a draw (``of``) with this number, from 1."""
        written: list[PairPictures] = []
        for place, pair in enumerate(context, start=1):
            name = f"{of}_context_{number}_{place}"
            sides = {side: self._write(f"{name}_{side}", getattr(pair, side)) for side in ("input", "target")}
            written.append(PairPictures(id=pair.key, **sides))
        return written

    def _write(self, name: str, clip: Clip) -> Picture:
        longest = _LONGEST_STILL if len(clip) == 1 else _LONGEST_CLIP
        if max(clip.shape[1:3]) > longest:
            clip = resize(clip, fit_size((clip.shape[1], clip.shape[2]), (longest, longest)), "bicubic")
        file, still = str(self._folder / f"{name}.webp"), str(self._folder / f"{name}.still.webp")
        atomic_write_bytes(self._output / file, encode_webp(clip))
        if len(clip) > 1:
            middle = len(clip) // 2
            atomic_write_bytes(self._output / still, encode_webp(clip[middle : middle + 1]))
        height, width = clip.shape[1:3]
        return Picture(file=file, still=still if len(clip) > 1 else None, width=width, height=height, frames=len(clip))
