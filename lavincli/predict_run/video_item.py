"""Answers one video of a run."""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path
from typing import Final

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.frame_source import open_source
from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.video import VideoAnswer, answer_video
from lavincli.predict_run.back_off import BackOff
from lavincli.predict_run.items import Answered, Item
from lavincli.predict_run.reading import Read
from lavincli.predict_run.record_form import RecordForm
from lavincli.predict_run.settings import RunSettings
from lavincli.predict_run.thumbnails import thumbnails
from lavincli.views import VIEWS, PictureView, view_path

_FRAME: Final = re.compile(r"\d{5}\b.*")


class VideoItems:
    """Answers videos, one at a time, in bounded memory whatever their length.

    Args:
        answerer: what answers.
        settings: of the run.
        output: the folder of the answers.
        back_off: tells how many frames fit into memory.
    """

    def __init__(self, answerer: Answerer, settings: RunSettings, output: Path, back_off: BackOff) -> None:
        self._answerer, self._settings, self._output, self._back_off = answerer, settings, output, back_off
        self._form = RecordForm(answerer, settings)
        self._options = settings.view_options

    def answer(self, read: Read) -> Answered:
        """Answer a video, write its files, and say what became of it. Raises what answering it raises."""
        item = read.item
        started = time.perf_counter()
        self._refuse_foreign_folders(item)
        answer: VideoAnswer | None = None
        while answer is None:
            answer = self._back_off.within_memory(partial(self._answer, item, self._back_off.batch_size))
        files = {
            kind: [path.relative_to(self._output).as_posix() for path in answer.files[kind]]
            for kind in self._settings.for_videos
        }
        record = self._form.record(
            item,
            "done",
            fingerprint=read.fingerprint,
            context=answer.context,
            files=files,
            frames=answer.frames,
            seconds=time.perf_counter() - started,
        )
        return Answered(record, thumbnails=self.thumbnails(item, files) if item.shown else ())

    def thumbnails(self, item: Item, files: dict[str, list[str]]) -> tuple[Clip, ...]:
        """The first frames of a video and of its answer; nothing if no answer to it is a video."""
        videos = [file for some in files.values() for file in some if file.endswith(".mp4")]
        if not videos:
            return ()
        query, answer = (next(iter(open_source(path).frames())) for path in (item.path, self._output / videos[0]))
        return thumbnails(query, answer, None)

    def _answer(self, item: Item, batch_size: int) -> VideoAnswer:
        return answer_video(
            self._answerer,
            item.path,
            self._output / item.stem,
            views=self._settings.for_videos,
            seed=self._form.seed(item),
            key=item.key,
            size=self._settings.size,
            batch_size=batch_size,
            prepare=self._settings.prepare,
            options=self._options,
        )

    def _refuse_foreign_folders(self, item: Item) -> None:
        """A folder for a video's frames takes the place of one with frames of an earlier answer, and of no other."""
        for kind in self._settings.for_videos:
            path = view_path(self._output / item.stem, kind)
            if isinstance(VIEWS[kind], PictureView) or not path.is_dir():
                continue
            if not all(_FRAME.fullmatch(entry.name) for entry in path.iterdir()):
                raise InputError(f"{item.path}: its frames would take the place of {path}, which holds other files")
