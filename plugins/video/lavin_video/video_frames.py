"""How many frames a video has."""

from __future__ import annotations

from pathlib import Path

import ffmpeg

from lavincli.media.ffmpeg import run_ffmpeg


def count_frames(path: Path) -> int:
    """Frames of a video's first stream, counted without decoding them. Raises InputError if it is none."""
    # A line for each packet, and one packet for each frame.
    listed = run_ffmpeg(ffmpeg.input(str(path))["v:0"].output("pipe:", format="framecrc", vcodec="copy"), path)
    return sum(1 for line in listed.splitlines() if line and not line.startswith(b"#"))
