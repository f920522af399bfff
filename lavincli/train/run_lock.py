"""One run at a time in a folder."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lavincli.errors import ConfigError
from lavincli.train.world import World

_WAIT_SECONDS = 20.0
_POLL_SECONDS = 0.2


@contextmanager
def only_run(out: Path, world: World) -> Iterator[None]:
    """Within the block no other run writes to `out`; the lock of one that was killed is free.

    Raises ConfigError if another run goes on there. What is left of a killed one is given some seconds to end.
    """
    if not world.is_first:
        yield
        return
    with (out / ".lock").open("a+") as file:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _locked(file.fileno()):
            if time.monotonic() > deadline:
                file.seek(0)
                raise ConfigError(f"{out}: another run trains there ({file.read().strip()}); end it, or change `out`")
            time.sleep(_POLL_SECONDS)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
