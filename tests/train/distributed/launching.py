"""Starting real processes, and comparing what they logged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.runs import log_lines

Curve = dict[tuple[int, str], float]
LAUNCHER = (sys.executable, "-m", "lavincli.train.distributed.launch", "--standalone")
TRAIN = (sys.executable, "-m", "lavincli", "train")


def environment(**more: str) -> dict[str, str]:
    """That of this process, one thread for each."""
    return {**os.environ, "OMP_NUM_THREADS": "1", **more}


def train_many(processes: int, *runs: list[str], worker: str = "tests.train.distributed.many_runs") -> None:
    """Train several recipes (each with its changes) one after the other by the same processes."""
    arguments = [word for run in runs for word in (*run, "--")]
    launcher = [*LAUNCHER, f"--nproc-per-node={processes}", "-m"] if processes > 1 else [sys.executable, "-m"]
    command = [*launcher, worker, *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def curve(out: Path, last: int | None = None) -> Curve:
    """Every figure that was logged, by step and name."""
    lines = [line for line in log_lines(out) if last is None or line["step"] <= last]
    return {(line["step"], key): value for line in lines for key, value in line.items() if key not in _NOT_FIGURES}


_NOT_FIGURES = ("step", "seconds")


def difference(expected: Curve, found: Curve) -> float:
    """The largest relative difference of two curves, which must have the same figures."""
    assert expected.keys() == found.keys()
    return max(abs(found[key] - value) / max(abs(value), 1e-6) for key, value in expected.items())


def assert_same(expected: Curve, found: Curve, tolerance: float, what: str) -> None:
    """Fails with the first figure that is off."""
    assert expected.keys() == found.keys(), what
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=tolerance), (what, key)
