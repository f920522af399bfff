"""A bounded queue from one thread to another that both ends can close."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """Items from a writing thread to a reading one, at most `size` of them waiting.

    The writer (or whoever stops it) ends it with `finish`, the reader with `close`; neither is left hanging when the
    other one stops.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._finished = self._closed = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Add an item, when there is room; False if nobody wants it any more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._size or self._closed or self._finished)
            wanted = not (self._closed or self._finished)
            if wanted:
                self._items.append(item)
                self._changed.notify_all()
            return wanted

    def finish(self, error: BaseException | None = None) -> None:
        """Say that no more items come; an error is raised where they are read."""
        with self._changed:
            if not self._finished:
                self._finished, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """Say that no more items are wanted; those that wait are dropped."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()

    def take(self, most: int) -> list[T]:
        """The items that are there, up to `most` of them; waits for the first one. Empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._finished or self._closed)
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            if not taken and self._error is not None and not self._closed:
                raise self._error
            self._changed.notify_all()
            return taken

    def __iter__(self) -> Iterator[T]:
        while taken := self.take(1):
            yield taken[0]


def fill_in_thread(items: Iterable[T], channel: Channel[T], name: str) -> threading.Thread:
    """Put all items into a channel from a thread of its own, then finish it."""

    def fill() -> None:
        try:
            for item in items:
                if not channel.put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - raised again by whoever reads the channel
            channel.finish(error)
        else:
            channel.finish()

    # A daemon: it may be waiting for a pipe that nobody will write to any more.
    thread = threading.Thread(target=fill, name=name, daemon=True)
    thread.start()
    return thread
