"""Runs ffmpeg: the one on the PATH, or else the one inside imageio-ffmpeg."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import ffmpeg

from lavincli.errors import InputError, LavinError


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


def run_ffmpeg(stream: Any, name: Path | str, *, stdin: bytes | None = None) -> bytes:
    """Run a graph of ffmpeg-python; gives what it writes to ``pipe:``.

    Raises InputError, which calls the file ``name`` and ends in ffmpeg's last words, if it fails.
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
        words = error.stderr.decode(errors="replace").strip().splitlines()
        reason = words[-1] if words else "ffmpeg gave no reason"
        raise InputError(f"{name}: can't be read or written as a video or picture ({reason})") from error
    return bytes(output)
