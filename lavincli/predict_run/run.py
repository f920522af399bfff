"""A run over many inputs: answers on disk in a mirrored tree, a record for each, resumable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from lavincli.predict_run.items import Answered, Item
from lavincli.predict_run.leftovers import remove_leftovers
from lavincli.predict_run.record_log import RecordLog
from lavincli.processes import Share

logger = logging.getLogger(__name__)

# Another machine may be writing in the same folder; what is older than this belongs to nobody any more.
_OTHERS_SECONDS: Final = 3600.0


class Answers(Protocol):
    """What answers chunks of items: a model in this process (`LocalAnswers`), or several processes (`Workers`)."""

    @property
    def model(self) -> str:
        """The model's name."""

    def answer(self, chunks: Iterable[Sequence[Item]]) -> Iterator[list[Answered]]:
        """Answer chunks of items, in order."""

    def stop(self) -> None:
        """Have the items in work be the last ones."""


class Source(Protocol):
    """Where items come from: a `Plan`, or a stream of paths."""

    def chunks(self, size: int) -> Iterator[list[Item]]:
        """The items, at most `size` at a time."""


class PredictRun:
    """Answers items one after the other; iterate over it to run it.

    Args:
        answers: what answers.
        source: the items.
        output: the output folder; made if it is missing.
        batch_size: how many items are answered together.
        share: the part of the work that this process does.
        shown: whether small pictures of the item with this key are wanted.
    """

    def __init__(
        self,
        answers: Answers,
        source: Source,
        output: Path,
        *,
        batch_size: int = 8,
        share: Share | None = None,
        shown: Callable[[str], bool] = lambda _key: False,
    ) -> None:
        self.answers, self.source, self.output = answers, source, output
        self._batch_size, self._share, self._shown = batch_size, share, shown
        self._stopping = threading.Event()
        self._tidied: set[str] = set()
        self._log = RecordLog(output, share)

    @property
    def was_stopped(self) -> bool:
        """Whether the run was told to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Have the items in work be the last ones; the run then ends as if it were done. For signal handlers."""
        self._stopping.set()
        self.answers.stop()

    def __iter__(self) -> Iterator[Answered]:
        """Run, giving each item as it is done, in order. Raises like `Answers.answer` and `RecordLog`."""
        with self._log:
            for together in self.answers.answer(self._chunks()):
                self._log.add([answered.record for answered in together])
                yield from together

    def _chunks(self) -> Iterator[list[Item]]:
        for chunk in self.source.chunks(self._batch_size):
            if self._stopping.is_set():
                return
            if self._log.was_there:
                self._tidy(chunk)
            yield [replace(item, earlier=self._log.earlier(item.key), shown=self._shown(item.key)) for item in chunk]

    def _tidy(self, chunk: Sequence[Item]) -> None:
        """Remove what a killed run has left where these answers go; nothing of this run's is there yet."""
        alone = self._share is None or self._share.of == 1
        for folder in {".", *(str(Path(item.stem).parent) for item in chunk)} - self._tidied:
            self._tidied.add(folder)
            if removed := remove_leftovers(self.output / folder, older_than=0.0 if alone else _OTHERS_SECONDS):
                logger.info("%s: removed %d unfinished files of a run that was killed", self.output / folder, removed)
