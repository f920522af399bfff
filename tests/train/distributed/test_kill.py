"""SIGKILL at random moments, and the same command again: nothing is lost but the steps since the last checkpoint."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import lavincli
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from tests.train.distributed.launching import TRAIN, assert_same, curve, environment

KILLS = int(os.environ.get("LAVIN_TEST_KILLS", "2"))
"""How often each run is killed."""
STEPS = 20 * KILLS


def children(process: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            found.append(int(path.parent.name))
    return sorted(found)


def newest(out: Path) -> int:
    return max((int(path.name.removeprefix("step-")) for path in out.glob("checkpoints/step-*")), default=0)


def start(recipe: str, *options: str) -> subprocess.Popen[str]:
    command = [*TRAIN, recipe, *options]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_some_time(process: subprocess.Popen[str], out: Path, rank: int | None) -> str:
    """Wait until it has saved, and some more; kill one rank or all there is; returns what was written to stderr."""
    before, deadline = newest(out), time.monotonic() + 300
    while newest(out) <= before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(random.Random(before).uniform(0, 0.3))
    workers = children(process.pid)
    for victim in [process.pid, *workers] if rank is None else [workers[rank]]:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            assert newest(out) == STEPS  # the run was faster
    _, errors = process.communicate(timeout=120)
    for worker in workers:
        while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    return errors


@pytest.mark.timeout(300 * (KILLS + 2))
@pytest.mark.parametrize("who", ["one", "all"])
def test_killed_processes(shared_recipe: Callable[..., str], tmp_path: Path, who: str) -> None:
    """One of two processes, or both and their launcher at once: the curve is that of a run that was left alone."""
    changes = {"steps": STEPS, "keep_checkpoints": 3}
    run(read_recipe(shared_recipe("jdit", "whole", **changes)))
    killed = shared_recipe("jdit", "killed", **changes, checkpoint_seconds=0.1)
    out = tmp_path / "killed"
    options = ("--nproc", "2", f"distributed.zero_stage={3 if who == 'one' else 2}")
    for number in range(KILLS):
        errors = kill_some_time(start(killed, *options), out, None if who == "all" else number % 2)
        if who == "one" and newest(out) < STEPS:
            assert f"rank {number % 2} (process" in errors
            assert "was ended by SIGKILL" in errors
            assert "Traceback" not in errors
    assert newest(out) < STEPS, "the run ended before it could be killed: give it more steps"
    output, errors = (last := start(killed, *options)).communicate()
    assert last.returncode == 0, errors
    assert output == f"{out / 'model'}\n"
    # Two processes round otherwise than one, and over more steps more of it adds up.
    assert_same(curve(tmp_path / "whole"), curve(out), 1e-4 * max(1, STEPS / 40), who)
    for checkpoint in (out / "checkpoints").iterdir():
        answer = lavincli.load(checkpoint, device="cpu").sample(torch.randn(1, 16, 5, 2, 2), grid="uniform:2")
        assert answer.isfinite().all()


@pytest.mark.timeout(300 * (KILLS + 2))
def test_one_process_bit_for_bit(shared_recipe: Callable[..., str], tmp_path: Path) -> None:
    changes = {"steps": STEPS, "optimizer": {"name": "muon", "learning_rate": 3e-3, "warmup_steps": 2}}
    whole = run(read_recipe(shared_recipe("jdit", "whole", **changes)))
    killed = shared_recipe("jdit", "killed", **changes, checkpoint_seconds=0.1)
    out = tmp_path / "killed"
    for _ in range(KILLS):
        kill_some_time(start(killed), out, None)
    assert newest(out) < STEPS, "the run ended before it could be killed: give it more steps"
    process = start(killed)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    expected, found = (load_file(Path(folder) / "jdit.safetensors") for folder in (whole, output.strip()))
    assert all(torch.equal(value, found[name]) for name, value in expected.items())
    assert curve(tmp_path / "whole") == curve(out)
