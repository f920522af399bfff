"""Runs ffmpeg, at once or frame by frame: the one on the PATH, or else the one inside imageio-ffmpeg."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import ffmpeg

from lavincli.errors import InputError, LavinError

_NO_SPACE: Final = "No space left on device"
_SECONDS_TO_END: Final = 10
_CALLER: Final = re.compile(r"^(\[[^\]]* @ 0x[0-9a-f]+\] )+")
"""Which part of ffmpeg speaks, and where in memory it is."""


def ffmpeg_executable() -> str:
    """The ffmpeg to run. Raises LavinError if there is none."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise LavinError(f"ffmpeg is neither on the PATH nor in imageio-ffmpeg ({error}); install ffmpeg") from error


def source_of(path: Path) -> Any:
    """A file as the input of a graph of ffmpeg-python, also where its name looks like an address (``12:30.mp4``)."""
    return ffmpeg.input(f"file:{path}")


def run_ffmpeg(stream: Any, name: Path | str, *, stdin: bytes | None = None) -> bytes:
    """Run a graph of ffmpeg-python; gives what it writes to ``pipe:``.

    Raises InputError, which calls the file ``name`` and ends in ffmpeg's first words, if it fails.
    """
    quiet = (
        stream.global_args("-hide_banner", "-nostdin", "-loglevel", "error")
        if stdin is None
        else (stream.global_args("-hide_banner", "-loglevel", "error"))
    )
    try:
        output, _ = quiet.run(
            cmd=ffmpeg_executable(), input=stdin, capture_stdout=True, capture_stderr=True, overwrite_output=True
        )
    except ffmpeg.Error as error:
        raise _failure(name, error.stderr) from error
    return bytes(output)


@contextmanager
def ffmpeg_reading(stream: Any, name: Path | str) -> Iterator[IO[bytes]]:
    """Run a graph of ffmpeg-python, and yield what it writes to ``pipe:`` as it comes.

    What isn't read to its end is stopped. Raises InputError like `run_ffmpeg`.
    """
    with _running(stream, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as (process, words):
        assert process.stdout is not None
        yield process.stdout
        if process.stdout.read(1):  # the caller has enough
            process.kill()
            process.wait()
        elif process.wait() != 0:
            raise _failure(name, words())


@contextmanager
def ffmpeg_writing(stream: Any, name: Path | str) -> Iterator[IO[bytes]]:
    """Run a graph of ffmpeg-python, and yield the ``pipe:`` that it reads; when the block ends it has written its file.

    Raises InputError like `run_ffmpeg`, OSError if the disk is full.
    """
    with _running(stream, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as (process, words):
        assert process.stdin is not None
        try:
            yield process.stdin
            process.stdin.close()
        except BrokenPipeError as error:
            process.wait()
            raise _failure(name, words()) from error
        if process.wait() != 0:
            raise _failure(name, words())


@contextmanager
def _running(stream: Any, *, stdin: int, stdout: int) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """The process and what gives its last words; it doesn't outlive the block."""
    arguments = stream.global_args("-hide_banner", "-loglevel", "error").compile(
        cmd=ffmpeg_executable(), overwrite_output=True
    )
    # Not a pipe: nobody would empty it while frames are read or written. Apart from the terminal: Ctrl-C is for lavin,
    # which may want to finish a video first.
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - no shell, and paths are arguments
            arguments, stdin=stdin, stdout=stdout, stderr=errors, start_new_session=True
        )

        def words() -> bytes:
            errors.seek(0)
            return errors.read()

        try:
            yield process, words
        finally:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    _close(pipe)
            process.wait(_SECONDS_TO_END)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        # What was still to be written has no reader any more; that it failed is being said by another error.
        return


def _failure(name: Path | str, stderr: bytes) -> Exception:
    words = [_CALLER.sub("", line) for line in stderr.decode(errors="replace").strip().splitlines()]
    # What went wrong comes first; then each part of ffmpeg says that it can't go on.
    reason = words[0] if words else "ffmpeg gave no reason"
    if any(_NO_SPACE in line for line in words):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(name))
    return InputError(f"{name}: can't be read or written as a video or picture ({reason})")
