"""One process at a time: the second waits until the first is done, also where that was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOLD = """
import sys, time
from pathlib import Path
from lavincli.in_turn import in_turn
with in_turn(Path(sys.argv[1]), "sleeping"):
    print("in", flush=True)
    time.sleep(float(sys.argv[2]))
    Path(sys.argv[1]).with_name("made").touch()
"""
TRY = """
import logging, sys
from pathlib import Path
from lavincli.in_turn import in_turn
logging.basicConfig(level=logging.INFO, format="%(message)s")
with in_turn(Path(sys.argv[1]), "sleeping"):
    print(Path(sys.argv[1]).with_name("made").exists())
"""


@pytest.mark.parametrize("killed", [False, True])
def test_the_second_waits_for_the_first(tmp_path: Path, killed: bool) -> None:
    lock = tmp_path / "lock"
    seconds = "600" if killed else "2"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock), seconds], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"in\n"
        command = [sys.executable, "-c", TRY, str(lock)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            assert second.stderr.readline() == "waiting for another process that is sleeping\n"
            if killed:
                first.kill()
            out, _ = second.communicate(timeout=60)
        assert out == f"{not killed}\n"


def test_alone_nobody_waits(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(tmp_path / "lock")], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")
