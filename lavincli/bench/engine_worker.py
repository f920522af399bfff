"""A process that measures one way: ``python -m lavincli.bench.engine_worker``. Its peak of memory is that way's own.

It reads one JSON object from stdin, and writes one to stdout.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lavincli.bench.engine import EngineRow, measure_way
from lavincli.errors import LavinError
from lavincli.processes import child_processes, end_with_parent

if TYPE_CHECKING:
    from lavincli.bench.engine_command import EngineCommand


def measure_apart(command: EngineCommand, way: str, pairs: int, *, rate: float, kept: Path) -> EngineRow:
    """`measure_way` in a process of its own, which ends with this one. Raises LavinError with what kept it from it."""
    asked = {"command": asdict(command), "way": way, "pairs": pairs, "rate": rate, "kept": str(kept)}
    with child_processes([["-m", __name__]], stdout=subprocess.PIPE) as (child,):
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()
        reply: dict[str, Any] = json.loads(child.stdout.readline() or b"{}")
        if "row" in reply:
            return EngineRow(**reply["row"])
        raise LavinError(reply.get("error") or f"its process ended early (exit code {child.wait()})")


def main() -> int:
    """Measure what is asked for; returns the exit code."""
    from lavincli.bench.engine_command import EngineCommand
    from lavincli.cli.logs import configure_logging

    # Ctrl-C reaches all processes of a terminal; the one that asked ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logging(0)
    logging.getLogger("lavincli").setLevel(logging.WARNING)
    # What libraries print goes to stderr.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked = json.loads(sys.stdin.readline())
    end_with_parent()
    command = EngineCommand(**asked["command"])
    command.use_threads()
    reply: dict[str, Any]
    try:
        pipeline = command.pipeline()
        bench, kept = command.bench(pipeline.config), Path(asked["kept"])
        row = measure_way(pipeline, bench, asked["way"], asked["pairs"], rate=asked["rate"], kept=kept)
        reply = {"row": asdict(row)}
    except (LavinError, RuntimeError) as error:  # as a RuntimeError PyTorch says that a device's memory is full
        reply = {"error": str(error) or type(error).__name__}
    with replies:
        replies.write(json.dumps(reply) + "\n")
    return 0 if "row" in reply else 1


if __name__ == "__main__":
    sys.exit(main())
