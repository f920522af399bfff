"""Signs of life: every process says how far it is, and one that waits for another says for which."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger(__name__)
_BEATS_A_STALL = 6


@dataclass(frozen=True, slots=True)
class Sign:
    """What a process last said. `count` grows with every phase begun, `alive` while it runs at all."""

    rank: int
    host: str
    process: int
    step: int
    phase: str
    count: int
    alive: int

    def __str__(self) -> str:
        return f"rank {self.rank} ({self.host}, process {self.process}) at the {self.phase} of step {self.step + 1}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read of a process, and when it last moved on, and when it last lived."""

    sign: Sign
    moved: float
    lived: float


class Heartbeat:
    """A file `folder/rank-N.json` for each process, written by a thread of its own.

    A process that makes no progress for `stall_seconds` looks at the others' files, and the first of those that wait
    logs which ones are late: those that give no signs any more (stopped, or their machine is gone), else those that
    are behind. Only changes are compared, never clocks.
    """

    def __init__(self, folder: Path, rank: int, size: int, stall_seconds: float) -> None:
        self._folder, self._rank, self._size, self._stall = folder, rank, size, stall_seconds
        self._host = socket.gethostname()
        self._progress, self._alive = (0, "start", 0), 0
        self._ended = threading.Event()
        self._seen: dict[int, _Seen] = {}
        self._told = -1
        self._waiting_for = ""
        folder.mkdir(parents=True, exist_ok=True)
        self._thread = threading.Thread(target=self._run, daemon=True, name="heartbeat")

    def start(self) -> None:
        """Begin to write, and to watch the others."""
        self._thread.start()

    def stop(self) -> None:
        """End, and take this process's file away."""
        self._ended.set()
        self._thread.join()
        self._path(self._rank).unlink(missing_ok=True)

    def beat(self, phase: str, step: int | None = None) -> None:
        """A phase begins, of a step or of the one before."""
        before, _, count = self._progress
        self._progress = (before if step is None else step, phase, count + 1)

    def late(self) -> list[Sign]:
        """The processes that the others wait for, as far as one can see; none if all are equally far."""
        now = time.monotonic()
        still = [seen.sign for seen in self._seen.values() if now - seen.lived >= self._stall / 2]
        furthest = max((seen.sign.count for seen in self._seen.values()), default=0)
        return still or [seen.sign for seen in self._seen.values() if seen.sign.count < furthest]

    @property
    def waiting_for(self) -> str:
        """Who the processes wait for, in words, while this one makes no progress; empty otherwise."""
        return self._waiting_for

    def _run(self) -> None:
        while not self._ended.wait(self._stall / _BEATS_A_STALL):
            self._alive += 1
            step, phase, count = self._progress
            sign = Sign(self._rank, self._host, os.getpid(), step, phase, count, self._alive)
            temporary = self._path(self._rank).with_suffix(".tmp")
            try:
                temporary.write_text(json.dumps(asdict(sign)))
                temporary.replace(self._path(self._rank))
            except OSError as error:
                log.warning("%s: can't be written (%s); others may take this process for stopped", temporary, error)
            self._look()

    def _look(self) -> None:
        now = time.monotonic()
        for rank in range(self._size):
            sign = self._read(rank)
            if sign is not None:
                before = self._seen.get(rank)
                moved = now if before is None or before.sign.count != sign.count else before.moved
                lived = now if before is None or before.sign.alive != sign.alive else before.lived
                self._seen[rank] = _Seen(sign, moved, lived)
        mine = self._seen.get(self._rank)
        # Before the first beat data is being made ready, which may take hours.
        if mine is None or now - mine.moved < self._stall or mine.sign.count == 0:
            self._waiting_for = ""
            return
        late = self.late()
        names = ", ".join(map(str, late))
        self._waiting_for = f"no progress for {now - mine.moved:.0f} s; waiting for {names}" if late else ""
        waiting = sorted(self._seen.keys() - {sign.rank for sign in late})  # all see them, each in an order of its own
        if late and waiting and waiting[0] == self._rank and self._told != mine.sign.count:
            self._told = mine.sign.count
            log.warning("%s", self._waiting_for)

    def _read(self, rank: int) -> Sign | None:
        try:
            return Sign(**json.loads(self._path(rank).read_text()))
        except (OSError, ValueError, TypeError):
            return None  # not there yet

    def _path(self, rank: int) -> Path:
        return self._folder / f"rank-{rank}.json"
