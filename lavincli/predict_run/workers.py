"""Answers items with several processes of this machine, in the order in which they come."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, Any, Final

from lavincli.errors import LavinError
from lavincli.predict_run.items import Answered, Item
from lavincli.predict_run.messages import items_message, read_answered, send
from lavincli.predict_run.settings import TaskSettings
from lavincli.predict_run.shared_work import SharedWork
from lavincli.processes import child_processes

_MODULE: Final = "lavincli.predict_run.worker"


class Workers:
    """Answers chunks of items like a `LoadedModel`, with one in each of some processes. Use as a context manager.

    Each process takes the next chunk when it has room for one, so that a slow one doesn't hold up the others. What one
    had in work that ended early is done by the others.

    Args:
        asked: the tasks, of one model.
        count: how many processes.

    Entering raises LavinError with what kept a process from being ready.
    """

    def __init__(self, asked: Sequence[TaskSettings], count: int) -> None:
        self._asked = [one.model_dump() for one in asked]
        self._count = count
        self._stack = ExitStack()
        self._workers: list[_Worker] = []
        self._work: SharedWork | None = None
        self.model = ""

    def __enter__(self) -> Workers:
        command = ["-m", _MODULE]
        children = self._stack.enter_context(child_processes([command] * self._count, stdout=subprocess.PIPE))
        self._workers = [_Worker(number, child) for number, child in enumerate(children)]
        try:
            for worker in self._workers:
                worker.send({"asked": self._asked, "number": worker.number})
            for worker in self._workers:
                self.model = worker.ready()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self) -> None:
        """Have the items in work be the last ones."""
        if self._work is not None:
            self._work.stop()
        for worker in self._workers:
            worker.send({"stop": True})

    def answers(self, place: int) -> _OneTask:
        """What answers with the task in this place; one after the other."""
        return _OneTask(self, place)

    def answer(self, place: int, chunks: Iterable[Sequence[Item]]) -> Iterator[list[Answered]]:
        """Answer chunks of items with a task; gives what was computed together, in the order of the chunks.

        Raises LavinError for what a process couldn't go on from, or if none is left.
        """
        work = self._work = SharedWork(chunks, len(self._workers))
        for worker in self._workers:
            worker.begin(place, work)
        yield from work.answered()
        for worker in self._workers:
            worker.send({"end": True})
        for worker in self._workers:
            worker.ended()


@dataclass(frozen=True)
class _OneTask:
    """The processes, as what answers with one task (`lavincli.predict_run.run.Answers`)."""

    workers: Workers
    place: int

    @property
    def model(self) -> str:
        return self.workers.model

    def stop(self) -> None:
        self.workers.stop()

    def answer(self, chunks: Iterable[Sequence[Item]]) -> Iterator[list[Answered]]:
        return self.workers.answer(self.place, chunks)


class _Worker:
    """One process: for each task a thread that sends it chunks, and one that takes its answers."""

    def __init__(self, number: int, process: subprocess.Popen[bytes]) -> None:
        self.number, self.process = number, process
        self._lock = threading.Lock()
        self._taking: threading.Thread | None = None

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; a process that has ended gets none, which is noticed where its answers are read."""
        assert self.process.stdin is not None
        with self._lock, suppress(BrokenPipeError):
            send(self.process.stdin, message)

    def ready(self) -> str:
        """Wait until the model is loaded; gives its name. Raises LavinError if that failed."""
        message = json.loads(self._replies.readline() or b"{}")
        if "ready" not in message:
            raise LavinError(message.get("error") or self._ended())
        return str(message["ready"])

    def begin(self, place: int, work: SharedWork) -> None:
        """Begin to take work, which is for the task in this place."""
        self.send({"begin": place})
        giving, self._taking = (
            threading.Thread(target=target, args=(work,), name=f"worker {self.number}", daemon=True)
            for target in (self._give, self._take)
        )
        giving.start()
        self._taking.start()

    def ended(self) -> None:
        """Wait until the process has nothing more to say about the task, or is no more."""
        assert self._taking is not None
        self._taking.join()

    def _give(self, work: SharedWork) -> None:
        while (chunk := work.take(self.number)) is not None:
            self.send(items_message(chunk))

    def _take(self, work: SharedWork) -> None:
        error = None
        for line in self._replies:
            message = json.loads(line)
            if "ended" in message:
                return
            if "error" in message:
                error = str(message["error"])
                break
            work.add(self.number, read_answered(message))
        work.end(self.number, self._ended(), error)

    @property
    def _replies(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def _ended(self) -> str:
        return f"worker process {self.process.pid} ended early (exit code {self.process.wait()})"
