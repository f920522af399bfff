"""The reading stage: bytes, fingerprints, what can be skipped, and pictures, some threads at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from lavincli.clip import Clip
from lavincli.errors import InputError, LavinError
from lavincli.media.frame_source import is_video, numbered_pictures
from lavincli.media.images import decode_image, file_digest, picture_size, read_bytes
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.inputs import is_sequence
from lavincli.predict_run.items import Item
from lavincli.predict_run.records import Status
from lavincli.predict_run.settings import RunSettings

# A batch is closed early once its pictures hold this many pixels (100 MB as RGB).
BATCH_PIXELS: Final = 32_000_000
_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Read:
    """An item after reading: the picture and the query made of it, or a status that ends it.

    Of a video nothing is read in advance.
    """

    item: Item
    fingerprint: str | None = None
    is_video: bool = False
    data: bytes | None = None
    pixels: int = 0
    clip: Clip | None = None
    query: Clip | None = None
    status: Status | None = None
    error: str | None = None


class Reader:
    """Reads items. An answer is known by a hash of its input's bytes and of all else that decides it.

    Args:
        answerer: what will answer.
        settings: of the run.
        output: where answers of earlier runs would be.
    """

    def __init__(self, answerer: Answerer, settings: RunSettings, output: Path) -> None:
        self._settings, self._output = settings, output
        # Not answerer.predictor when it is needed: that is the computing thread's.
        self._first = answerer.predictor
        self._made_by = {
            is_video: made_by(answerer, settings, settings.for_videos if is_video else settings.save)
            for is_video in (False, True)
        }
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reader")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads, when they have finished what they do."""
        self._pool.shutdown(cancel_futures=True)

    def read(self, chunk: Sequence[Item]) -> Iterator[list[Read]]:
        """Read the items of a chunk, in order: one batch, or several if the pictures are large. A video is alone."""
        batch: list[Read] = []
        for read in self.look_at(chunk):
            too_large = sum(one.pixels for one in batch) + read.pixels > BATCH_PIXELS
            if batch and (too_large or read.is_video or batch[-1].is_video):
                yield list(self._pool.map(self._decode, batch))
                batch = []
            batch.append(read)
        yield list(self._pool.map(self._decode, batch))

    def look_at(self, chunk: Sequence[Item]) -> list[Read]:
        """What can be told of items without decoding them: whether they can be read, and whether they are done."""
        return list(self._pool.map(self._look, chunk))

    def _look(self, item: Item) -> Read:
        if item.error is not None:
            return Read(item, status="failed", error=item.error)
        try:
            if is_video(item.path):
                return self._look_at_video(item)
            data = read_bytes(item.path)
            fingerprint = self._fingerprint(item, [hashlib.sha256(data).hexdigest()])
            if self._is_done(item, fingerprint):
                return Read(item, fingerprint, status="skipped")
            height, width = picture_size(data, item.path)
        except LavinError as error:
            return Read(item, status="failed", error=str(error))
        return Read(item, fingerprint, data=data, pixels=height * width)

    def _look_at_video(self, item: Item) -> Read:
        paths = numbered_pictures(item.path) if is_sequence(item.path) and not item.path.exists() else [item.path]
        fingerprint = self._fingerprint(item, [file_digest(path) for path in paths], is_video=True)
        return Read(item, fingerprint, is_video=True, status="skipped" if self._is_done(item, fingerprint) else None)

    def _fingerprint(self, item: Item, digests: Sequence[str], *, is_video: bool = False) -> str:
        return hashlib.sha256(json.dumps([self._made_by[is_video], item.key, *digests]).encode()).hexdigest()

    def _is_done(self, item: Item, fingerprint: str) -> bool:
        if self._settings.overwrite or item.earlier is None or item.earlier.fingerprint != fingerprint:
            return False
        return all((self._output / file).exists() for files in item.earlier.files.values() for file in files)

    def _decode(self, read: Read) -> Read:
        if read.data is None:
            return read
        try:
            clip = decode_image(read.data, read.item.path)
            return replace(read, data=None, clip=clip, query=self.query(clip, read.item))
        except (LavinError, MemoryError) as error:
            return Read(read.item, read.fingerprint, status="failed", error=reason(read.item, error))

    def query(self, clip: Clip, item: Item) -> Clip:
        """What the model is asked: the picture itself, or what the task makes of it."""
        query = self._first.prepare(clip, item.key, self._settings.seed) if self._settings.prepare else clip
        if len(self._first.drawn(query)) != self._first.query_length:
            frames = self._first.query_length
            raise InputError(f"{item.path}: is one picture, but this task is asked about {frames} frames; give videos")
        return query


def made_by(answerer: Answerer, settings: RunSettings, save: Sequence[str]) -> str:
    """All that decides an answer and its files beside the input."""
    decides: list[object] = [answerer.fingerprint, settings.seed, sorted(save), settings.size, settings.prepare]
    if "points" in save:
        decides.append([settings.fov, settings.near, settings.far])
    return json.dumps(decides)


def reason(item: Item, error: BaseException) -> str:
    """Why an item failed, in one line that names it."""
    if isinstance(error, LavinError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{item.path}: there isn't enough memory for a picture of its size; make it smaller"
    return " ".join(f"{item.path}: {type(error).__name__}: {error}".split())
