"""One process at a time: what several processes may want to make, one makes, and the others wait for."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def in_turn(lock: Path, making: str) -> Iterator[None]:
    """Within the block no other process is in one with the same lock, a file that is made; a killed one's is free.

    Args:
        lock: the file.
        making: what is made in the block, for the line that says that this process waits.
    """
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another process that is %s", making)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
