"""Answers items with a model in this process: reading, computing and writing at the same time, in threads.

    items ──reader threads──▶ batches ──computing thread──▶ model's pictures ──writer threads──▶ files and records

Between the stages wait no more than two batches, and a batch holds no more than a fixed number of pixels, whatever the
number of items.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.images import read_image
from lavincli.pipeline.answerer import Answerer, Unfinished
from lavincli.pipeline.prediction import OutputSize, Prediction
from lavincli.predict_run.back_off import BackOff
from lavincli.predict_run.channel import Channel, fill_in_thread
from lavincli.predict_run.items import Answered, Item
from lavincli.predict_run.reading import Read, Reader, reason
from lavincli.predict_run.record_form import RecordForm
from lavincli.predict_run.records import Record
from lavincli.predict_run.settings import RunSettings
from lavincli.predict_run.stems import printable
from lavincli.predict_run.thumbnails import kept_picture, thumbnails
from lavincli.predict_run.video_item import VideoItems
from lavincli.views import Shown, check_views, save_views

logger = logging.getLogger(__name__)

_AHEAD: Final = 1
_WRITERS: Final = 4
# Errors that the next item would meet as well: the run ends, what is done is kept.
_FATAL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE)

Answering = list[Future[Answered]]


class LocalAnswers:
    """Answers chunks of items with one model, and writes the answers.

    Args:
        answerer: model, task, contexts and sampling.
        settings: of the run.
        output: the folder of the answers.

    Raises UnknownNameError or ConfigError for a view that this task's answers don't have.
    """

    def __init__(self, answerer: Answerer, settings: RunSettings, output: Path) -> None:
        subject = "this task" if answerer.task is None else f"task {answerer.task.name}"
        check_views(settings.save, answerer.codec, subject)
        self.answerer, self.settings, self.output = answerer, settings, output
        self._reader = Reader(answerer, settings, output)
        self._back_off = BackOff(answerer, settings.batch_size)
        self._form = RecordForm(answerer, settings)
        self._videos = VideoItems(answerer, settings, output, self._back_off)
        self._options = settings.view_options
        self._batches: Channel[list[Read]] = Channel(_AHEAD)
        self._stopping = threading.Event()

    @property
    def model(self) -> str:
        """The model's name."""
        return self.answerer.pipeline.config.name

    def stop(self) -> None:
        """Have the batches in work be the last ones."""
        self._stopping.set()
        self._batches.finish()  # the reading thread may be waiting for a pipe

    def answer(self, chunks: Iterable[Sequence[Item]]) -> Iterator[list[Answered]]:
        """Answer chunks of items, in order; gives what was computed together as soon as it is written.

        Raises OSError for a disk that is full or gone, LavinError where memory isn't enough for one query.
        """
        batches = self._batches
        computed: Channel[Answering] = Channel(_AHEAD)
        with self._reader, ThreadPoolExecutor(_WRITERS, thread_name_prefix="writer") as writers:
            fill_in_thread((batch for chunk in chunks for batch in self._reader.read(chunk)), batches, "reading")
            computing = fill_in_thread(self._compute(batches, writers), computed, "computing")
            try:
                for answering in computed:
                    yield [one.result() for one in answering]
            finally:
                self.stop()
                computed.close()
                batches.close()
                computing.join()
                writers.shutdown(cancel_futures=True)

    # ---- the computing thread ----

    def _compute(self, batches: Iterable[list[Read]], writers: ThreadPoolExecutor) -> Iterator[Answering]:
        for batch in batches:
            if self._stopping.is_set():
                return
            if batch[0].is_video and batch[0].status is None:
                yield [_is_here(self._answered_video(batch[0]))]
                continue
            started = time.perf_counter()
            waiting = [read for read in batch if read.query is not None]
            queries = [read.query for read in waiting if read.query is not None]
            unfinished = self._back_off.compute(queries, [self._form.seed(read.item) for read in waiting])
            seconds = (time.perf_counter() - started) / max(1, len(waiting))
            made = {id(read): one for read, one in zip(waiting, unfinished, strict=True)}
            yield [writers.submit(self._answered, read, made.get(id(read)), seconds) for read in batch]

    def _answered_video(self, read: Read) -> Answered:
        try:
            return self._videos.answer(read)
        except Exception as error:  # noqa: BLE001 - as for pictures
            return self._given_up(read, error)

    # ---- the writing threads ----

    def _answered(self, read: Read, unfinished: Unfinished | None, seconds: float) -> Answered:
        if read.status == "skipped":
            return self._kept(read.item)
        if unfinished is None:
            return self._failed(read, read.error or "")
        truth = None if read.query is read.clip else read.clip
        try:
            prediction = self.answerer.finish(unfinished, size=self._size(read))
            files = self._write(read.item, unfinished.query, prediction, truth)
        except Exception as error:  # noqa: BLE001 - of a plugin's codec; it must not cost the rest of the run
            return self._given_up(read, error, unfinished.context)
        record = self._form.record(
            read.item,
            "done",
            fingerprint=read.fingerprint,
            context=prediction.context,
            contexts=prediction.contexts,
            files=files,
            seconds=seconds,
        )
        small = thumbnails(unfinished.query, prediction.rgb, truth) if read.item.shown else ()
        return Answered(record, unfinished.query, prediction, truth, small)

    def _size(self, read: Read) -> OutputSize | tuple[int, int]:
        """The picture's own size, also where the query was made from it at the model's."""
        if self.settings.size == "model" or read.clip is None:
            return "model"
        return read.clip.shape[1], read.clip.shape[2]

    def _write(self, item: Item, query: Clip, prediction: Prediction, truth: Clip | None) -> dict[str, list[str]]:
        shown = Shown(query, prediction.rgb, prediction.value, self.answerer.codec, truth, self._options)
        written = save_views(self.settings.save, shown, self.output / item.stem)
        return {
            kind: [path.relative_to(self.output).as_posix() for path in written[kind]] for kind in self.settings.save
        }

    def _given_up(self, read: Read, error: Exception, context: Sequence[str] = ()) -> Answered:
        """An item that failed; raises an error again that would meet all others too."""
        if isinstance(error, OSError) and error.errno in _FATAL:
            raise error
        logger.debug("%s failed", read.item.path, exc_info=error)
        return self._failed(read, reason(read.item, error), context)

    def _failed(self, read: Read, error: str, context: Sequence[str] = ()) -> Answered:
        form = self._form
        return Answered(form.record(read.item, "failed", fingerprint=read.fingerprint, error=error, context=context))

    def _kept(self, item: Item) -> Answered:
        assert item.earlier is not None
        record = item.earlier.model_copy(update={"status": "skipped", "input": printable(str(item.path))})
        return Answered(record, thumbnails=self._kept_thumbnails(item, record) if item.shown else ())

    def _kept_thumbnails(self, item: Item, record: Record) -> tuple[Clip, ...]:
        try:
            if record.frames is not None:
                return self._videos.thumbnails(item, record.files)
            answer = kept_picture(record.files, self.output)
            if answer is None:
                return ()
            picture = read_image(item.path)
            query = self._reader.query(picture, item)
        except InputError as error:
            logger.warning("left out of the sheet: %s", error)
            return ()
        return thumbnails(query, answer, None if query is picture else picture)


def _is_here(answered: Answered) -> Future[Answered]:
    future: Future[Answered] = Future()
    future.set_result(answered)
    return future
