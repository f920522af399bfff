"""Chunks of items that several workers take from, and their answers in the order of the chunks."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final

from lavincli.errors import LavinError
from lavincli.predict_run.items import Answered, Item

logger = logging.getLogger(__name__)

# One chunk is computed while the next one is read.
_CHUNKS_A_WORKER: Final = 2
# How far a worker may be ahead of one that has a long item; the records of so many chunks are held meanwhile.
_CHUNKS_AHEAD: Final = 256


class SharedWork:
    """Hands out chunks, takes answers, and puts them in order.

    Args:
        chunks: the work; one thread at a time waits for it, and only if there is a worker for it.
        workers: how many there are.
    """

    def __init__(self, chunks: Iterable[Sequence[Item]], workers: int) -> None:
        self._chunks = enumerate(chunks)
        self._source = threading.Lock()
        self._changed = threading.Condition()
        self._workers = workers
        self._ended: set[Hashable] = set()
        self._waiting: deque[tuple[int, list[Item]]] = deque()
        self._at_work: defaultdict[Hashable, deque[tuple[int, list[Item]]]] = defaultdict(deque)
        self._done: defaultdict[int, deque[list[Answered]]] = defaultdict(deque)
        self._complete: set[int] = set()
        self._handed_out = self._current = 0
        self._count: int | None = None
        self._stopping = False
        self._error: str | None = None

    # ---- for workers ----

    def take(self, worker: Hashable) -> list[Item] | None:
        """The next chunk for a worker, when it has room for one; None when there will be none."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._may_take(worker) or self._is_over(worker))
                if self._is_over(worker):
                    return None
                if self._waiting:
                    number, chunk = self._waiting.popleft()
                    self._at_work[worker].append((number, chunk))
                    return list(chunk)
            self._fetch()

    def add(self, worker: Hashable, together: list[Answered]) -> None:
        """Hand in items that were computed together: the next ones of the first chunk that the worker has."""
        with self._changed:
            number, chunk = self._at_work[worker][0]
            del chunk[: len(together)]
            self._done[number].append(together)
            if not chunk:
                self._complete.add(number)
                self._at_work[worker].popleft()
            self._changed.notify_all()

    def end(self, worker: Hashable, how: str, error: str | None = None) -> None:
        """Say that a worker is no more. What it has in work is for the others; an error ends the run."""
        with self._changed:
            self._workers -= 1
            self._ended.add(worker)
            if not self._stopping and self._current != self._count and error is None:
                self._waiting.extend(self._at_work.pop(worker, ()))
                if self._workers:
                    logger.warning("%s; the others go on", how)
                else:
                    error = f"{how}, as did all others; run the same command again to go on"
            self._error = self._error or error
            self._changed.notify_all()

    # ---- for the run ----

    def stop(self) -> None:
        """Hand out no more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def answered(self) -> Iterator[list[Answered]]:
        """What was computed together, in the order of the chunks. Raises LavinError if the workers can't go on."""
        while (together := self._next_in_order()) is not None:
            yield together
        # After a stop there may be gaps; what is done behind them counts all the same.
        for number in sorted(self._done):
            yield from self._done[number]
        if self._error is not None:
            raise LavinError(self._error)

    def _next_in_order(self) -> list[Answered] | None:
        with self._changed:
            while True:
                self._changed.wait_for(self._has_news)
                if self._done[self._current]:
                    return self._done[self._current].popleft()
                if self._current not in self._complete:
                    return None
                del self._done[self._current]
                self._complete.remove(self._current)
                self._current += 1
                self._changed.notify_all()

    def _fetch(self) -> None:
        """Get a chunk from the source, which may wait for a pipe; meanwhile others can hand in what they have."""
        with self._source:
            if self._waiting or self._count is not None:
                return
            found = next(self._chunks, None)
            with self._changed:
                if found is None:
                    self._count = self._handed_out
                else:
                    self._handed_out += 1
                    self._waiting.append((found[0], list(found[1])))
                self._changed.notify_all()

    # ---- with the lock held ----

    def _may_take(self, worker: Hashable) -> bool:
        if len(self._at_work[worker]) >= _CHUNKS_A_WORKER:
            return False
        return bool(self._waiting) or (self._count is None and self._handed_out - self._current < _CHUNKS_AHEAD)

    def _is_over(self, worker: Hashable) -> bool:
        return self._stopping or self._error is not None or self._current == self._count or worker in self._ended

    def _has_news(self) -> bool:
        if self._done[self._current] or self._current in self._complete:
            return True
        return self._current == self._count or self._error is not None or (self._stopping and not self._workers)
