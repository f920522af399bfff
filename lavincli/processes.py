"""Work in several processes: which part of it is whose, and starting those of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Final

from lavincli.errors import ConfigError, LavinError

CHILD_VARIABLE: Final = "LAVIN_CHILD"
"""Environment variable: set for a process that ends when the one that started it does."""
_POLL_SECONDS: Final = 0.2
_NOT_FAILED: Final = (0, 3)
_STDIN: Final = 0


@dataclass(frozen=True, slots=True)
class Share:
    """One process's part of some work, number ``index`` of ``of``, counted from 0."""

    index: int = 0
    of: int = 1

    def numbers(self, count: int) -> list[int]:
        """Which of `count` numbered things are this process's: every ``of``-th one."""
        return list(range(self.index, count, self.of))

    def has(self, key: str) -> bool:
        """Whether a thing of that name is this process's; the same on every machine, whatever else there is."""
        return self.of == 1 or zlib.crc32(key.encode("utf-8", "surrogateescape")) % self.of == self.index


def share_of_launcher(text: str | None = None) -> Share:
    """This process's share: ``text`` is "i/n" with i from 1 to n; else what a launcher's RANK and WORLD_SIZE say.

    Raises ConfigError for anything else.
    """
    if text is None:
        text = f"{int(os.environ.get('RANK', '0')) + 1}/{os.environ.get('WORLD_SIZE', '1')}"
    part, slash, whole = text.partition("/")
    if not (slash and part.isdecimal() and whole.isdecimal() and 1 <= int(part) <= int(whole)):
        raise ConfigError(f"share '{text}': write i/n with i from 1 to n, for example 2/4")
    return Share(int(part) - 1, int(whole))


@contextmanager
def child_processes(arguments: Sequence[Sequence[str]], *, stdout: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Python processes of this machine, ``python ARGUMENTS`` for each one's arguments, that end with the block.

    They can be written to, and can tell by the end of their stdin that this process has ended, however it did.
    """
    # Each with its part of the processors: with all of them, they would wait for one another.
    threads = max(1, (os.cpu_count() or 1) // len(arguments))
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ, CHILD_VARIABLE: "1"}
    children = [
        subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, *words], stdin=subprocess.PIPE, stdout=stdout, env=environment
        )
        for words in arguments
    ]
    try:
        yield children
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    _close(pipe)


def _close(pipe: IO[bytes]) -> None:
    with suppress(BrokenPipeError):  # what was still to be written to a process that has ended
        pipe.close()


def run_processes(arguments: Sequence[str], count: int, *, on_poll: Callable[[], None] | None = None) -> None:
    """Run ``lavin ARGUMENTS --shard i/count`` for every i, and wait until all are done.

    Their stdout is dropped and they log errors only. They end with this process, however it ends.

    Args:
        arguments: the words after ``lavin``.
        count: how many processes.
        on_poll: is called several times a second meanwhile.

    Raises LavinError if one failed.
    """
    command = ["-m", "lavincli", *arguments, "--quiet", "--shard"]
    shares = [[*command, f"{index + 1}/{count}"] for index in range(count)]
    with child_processes(shares, stdout=subprocess.DEVNULL) as children:
        while any(child.poll() is None for child in children):
            time.sleep(_POLL_SECONDS)
            if on_poll is not None:
                on_poll()
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
