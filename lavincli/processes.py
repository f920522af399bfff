"""Runs a command of lavin in several processes of this machine, each with a share of the work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from lavincli.errors import LavinError

CHILD_VARIABLE: Final = "LAVIN_CHILD"
"""Environment variable: set for a process that ends when the one that started it does."""
_POLL_SECONDS: Final = 0.2
_NOT_FAILED: Final = (0, 3)
_STDIN: Final = 0


def run_processes(arguments: Sequence[str], count: int, *, on_poll: Callable[[], None] | None = None) -> None:
    """Run ``lavin ARGUMENTS --shard i/count`` for every i, and wait until all are done.

    Their stdout is dropped and they log errors only. They end with this process, however it ends.

    Args:
        arguments: the words after ``lavin``.
        count: how many processes.
        on_poll: is called several times a second meanwhile.

    Raises LavinError if one failed.
    """
    command = [sys.executable, "-m", "lavincli", *arguments, "--quiet"]
    # Each with its part of the processors: with all of them, they would wait for one another.
    threads = max(1, (os.cpu_count() or 1) // count)
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ, CHILD_VARIABLE: "1"}
    children = [
        subprocess.Popen(  # noqa: S603 - this very program
            [*command, "--shard", f"{index + 1}/{count}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        for index in range(count)
    ]
    try:
        while any(child.poll() is None for child in children):
            time.sleep(_POLL_SECONDS)
            if on_poll is not None:
                on_poll()
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
            child.wait()
            if child.stdin is not None:
                child.stdin.close()
    failed = [child.returncode for child in children if child.returncode not in _NOT_FAILED]
    if failed:
        raise LavinError(
            f"{len(failed)} of {count} processes failed (exit code {failed[0]}); what they finished is kept, "
            "run the same command again to go on"
        )


def end_with_parent() -> None:
    """In a process that `run_processes` started: end when the parent does, also if that was killed.

    The parent holds the other end of this process's stdin, so its end is the end of the file.
    """
    if os.environ.pop(CHILD_VARIABLE, None) is None:
        return

    def wait() -> None:
        # Not through sys.stdin, whose lock a waiting thread would hold when the interpreter ends.
        while os.read(_STDIN, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="end with parent").start()


def without_option(arguments: Sequence[str], option: str) -> list[str]:
    """Arguments of a command without ``option VALUE`` and ``option=VALUE``."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == option:
            next(rest, None)
        elif not argument.startswith(f"{option}="):
            kept.append(argument)
    return kept
