"""A run over files and folders: answers on disk in a mirrored tree, a record for each, resumable.

The next batch is read in a thread while the present one is computed; no more than two batches are held at a time, and
a batch holds no more than a fixed number of pixels, whatever the number of files.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from lavincli.clip import Clip
from lavincli.context.seeds import item_seed
from lavincli.errors import InputError, LavinError
from lavincli.media.files import ImageFile, find_images, output_stems
from lavincli.media.images import decode_image, read_bytes, write_image
from lavincli.pipeline.prediction import OutputSize, Prediction
from lavincli.pipeline.predictor import Predictor
from lavincli.predict_run.records import Record, RecordLog, Status

logger = logging.getLogger(__name__)

SaveKind = Literal["value", "rgb"]
SAVE_KINDS: Final[tuple[SaveKind, ...]] = ("value", "rgb")
# A batch is closed early once its pictures hold this many pixels (100 MB as RGB).
_BATCH_PIXELS: Final = 32_000_000
# Errors that the next item would meet as well: the run ends, what is done is kept.
_FATAL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE)


@dataclass(frozen=True, slots=True)
class Item:
    """One input of a run and where its answer goes: ``<output>/<stem>`` and a suffix."""

    file: ImageFile
    stem: PurePosixPath

    @property
    def key(self) -> str:
        """The input's path below the folder it was found in."""
        return self.file.key.as_posix()


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one item: its record, and its pictures where it was answered in this run.

    `truth` is the picture itself where the query was made from it.
    """

    record: Record
    query: Clip | None = None
    prediction: Prediction | None = None
    truth: Clip | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """An item after reading: the picture and the query made of it, or a status that ends it."""

    item: Item
    fingerprint: str | None = None
    clip: Clip | None = None
    query: Clip | None = None
    status: Status | None = None
    error: str | None = None


def plan(inputs: Sequence[Path], output: Path, *, save: Sequence[SaveKind] = ("value",)) -> list[Item]:
    """Find the inputs and where their answers go, before any work is done.

    Raises InputError: a folder without images, two answers that would go to one place, an answer that would replace its
    input, an output that is a file.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: is a file where the output folder should be; name another folder")
    files = find_images(inputs, leave_out=output)
    items = [Item(file, stem) for file, stem in zip(files, output_stems(files), strict=True)]
    if "rgb" in save:
        pictures = {_rgb_path(item.stem).with_suffix("") for item in items}
        for item in items:
            if item.stem in pictures:
                raise InputError(f"{item.file.path}: its answer and another's rgb picture share a name; rename one")
    root = output.resolve()
    sources = {item.file.path.resolve().with_suffix(""): item.file.path for item in items}
    for item in items:
        if (source := sources.get(root / item.stem)) is not None:
            raise InputError(f"{source}: an answer would lie beside it or replace it; name another output folder")
    return items


class FolderRun:
    """Answers planned items one after the other; iterate over it to run it.

    Args:
        predictor: model, task, context and sampling.
        items: from `plan`.
        output: the output folder; made if it is missing.
        seed: the run's seed; each item's own is made from it and the item's key, so that order, batches and splitting
            the work don't change an answer.
        save: "value": the decoded answer in the task's own form; "rgb": the picture, as ``<name>.rgb.png``.
        size: answers at the input's own size or at the model's.
        batch_size: how many items to compute at once.
        prepare: the inputs are clean pictures, from which the task's queries are made (gray, noisy, ...) where the
            task says how.
        overwrite: answer again what an earlier run has answered.
    """

    def __init__(
        self,
        predictor: Predictor,
        items: Sequence[Item],
        output: Path,
        *,
        seed: int = 0,
        save: Sequence[SaveKind] = ("value",),
        size: OutputSize = "native",
        batch_size: int = 8,
        prepare: bool = False,
        overwrite: bool = False,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"batch size {batch_size}: at least 1 item is computed at a time")
        self.predictor = predictor
        self.items = items
        self.output = output
        self.seed = seed
        self.save = tuple(save)
        self.size: OutputSize = size
        self.batch_size = batch_size
        self.prepare = prepare
        self.overwrite = overwrite
        self._log = RecordLog(output)
        self._made_by = json.dumps([predictor.fingerprint, seed, sorted(self.save), size, prepare])

    def __iter__(self) -> Iterator[Answered]:
        """Run, giving each item as it is done, in the order of the items."""
        with self._log, ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader") as reader:
            batches = self._batches()
            upcoming = reader.submit(next, batches, None)
            while (batch := upcoming.result()) is not None:
                upcoming = reader.submit(next, batches, None)
                for answered in self._answer(batch):
                    self._log.add(answered.record)
                    yield answered

    def query_of(self, picture: Clip, key: str) -> Clip:
        """What the model is asked about a picture: the picture itself, or what the task makes of it."""
        return self.predictor.prepare(picture, key, self.seed) if self.prepare else picture

    # ---- reading, in a thread ----

    def _batches(self) -> Iterator[list[_Read]]:
        batch: list[_Read] = []
        waiting, pixels = 0, 0
        for item in self.items:
            read = self._read(item)
            size = 0 if read.clip is None else read.clip.shape[1] * read.clip.shape[2]
            if batch and pixels + size > _BATCH_PIXELS:
                yield batch
                batch, waiting, pixels = [], 0, 0
            batch.append(read)
            waiting, pixels = waiting + (read.clip is not None), pixels + size
            # Items that need no computing don't fill a batch, but they shouldn't wait for long to be reported either.
            if waiting == self.batch_size or len(batch) >= 16 * self.batch_size:
                yield batch
                batch, waiting, pixels = [], 0, 0
        if batch:
            yield batch

    def _read(self, item: Item) -> _Read:
        try:
            data = read_bytes(item.file.path)
            fingerprint = hashlib.sha256(
                json.dumps([self._made_by, item.key, hashlib.sha256(data).hexdigest()]).encode()
            ).hexdigest()
            if not self.overwrite and self._log.finished(item.key, fingerprint):
                return _Read(item, fingerprint, status="skipped")
            clip = decode_image(data, item.file.path)
            return _Read(item, fingerprint, clip=clip, query=self.query_of(clip, item.key))
        except LavinError as error:
            return _Read(item, status="failed", error=str(error))

    # ---- computing and writing ----

    def _answer(self, batch: Sequence[_Read]) -> Iterator[Answered]:
        started = time.perf_counter()
        waiting = [read for read in batch if read.clip is not None]
        seeds = {read.item.key: item_seed(self.seed, read.item.key) for read in batch}
        pictures: dict[str, Clip] = {}
        if waiting:
            queries = [read.query for read in waiting if read.query is not None]
            raws = self.predictor.raw(queries, [seeds[read.item.key] for read in waiting])
            pictures = {read.item.key: raw for read, raw in zip(waiting, raws, strict=True)}
        seconds = (time.perf_counter() - started) / max(1, len(waiting))
        for read in batch:
            seed = seeds[read.item.key]
            if read.clip is None or read.query is None:
                files = self._log.files_of(read.item.key) if read.status == "skipped" else {}
                yield Answered(self._record(read, seed, status=read.status or "failed", error=read.error, files=files))
                continue
            prediction: Prediction | None = None
            try:
                native = (read.clip.shape[1], read.clip.shape[2])
                prediction = self.predictor.finish(
                    read.query, pictures[read.item.key], seed, size=native if self.size == "native" else None
                )
                files = self._write(read.item, prediction)
            except Exception as error:  # a plugin's codec may raise anything; it must not cost the rest of the run
                if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _FATAL):
                    raise
                logger.debug("%s failed", read.item.file.path, exc_info=True)
                yield Answered(self._record(read, seed, status="failed", error=_reason(read.item, error)))
                continue
            record = self._record(read, seed, status="done", files=files, seconds=round(seconds, 4))
            yield Answered(record, read.query, prediction, None if read.query is read.clip else read.clip)

    def _write(self, item: Item, prediction: Prediction) -> dict[str, list[str]]:
        files: dict[str, list[str]] = {}
        target = self.output / item.stem
        target.parent.mkdir(parents=True, exist_ok=True)
        if "value" in self.save:
            written = self.predictor.codec.save(prediction.value, target)
            files["value"] = [path.relative_to(self.output).as_posix() for path in written]
        if "rgb" in self.save:
            picture = _rgb_path(item.stem)
            write_image(self.output / picture, prediction.rgb)
            files["rgb"] = [picture.as_posix()]
        return files

    def _record(
        self,
        read: _Read,
        seed: int,
        *,
        status: Status,
        error: str | None = None,
        files: dict[str, list[str]] | None = None,
        seconds: float = 0.0,
    ) -> Record:
        predictor = self.predictor
        pipeline = predictor.pipeline
        return Record(
            key=read.item.key,
            input=str(read.item.file.path),
            status=status,
            files=files or {},
            error=error,
            task=None if predictor.task is None else predictor.task.name,
            context=list(predictor.context_ids),
            seed=seed,
            settings={
                **predictor.sampling.model_dump(mode="json"),
                "run_seed": self.seed,
                "size": self.size,
                "prepare": self.prepare,
            },
            model=pipeline.config.name,
            model_fingerprint=pipeline.fingerprint,
            device=str(pipeline.device),
            dtype=str(pipeline.dtype).removeprefix("torch."),
            fingerprint=read.fingerprint,
            seconds=seconds,
        )


def _reason(item: Item, error: Exception) -> str:
    if isinstance(error, LavinError):
        return str(error)
    return " ".join(f"{item.file.path}: {type(error).__name__}: {error}".split())


def _rgb_path(stem: PurePosixPath) -> PurePosixPath:
    return stem.with_name(f"{stem.name}.rgb.png")
