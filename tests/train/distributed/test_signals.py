"""Two processes below their launcher: one that stands still is named, and a signal ends both with a checkpoint."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.train.distributed.launching import TRAIN, environment
from tests.train.distributed.test_kill import children

STALL = 2.0


@pytest.mark.timeout(400)  # ten seconds of an idle machine, but there may be others
def test_stopped_named_woken_and_asked_to_end(shared_recipe: Callable[..., str], tmp_path: Path) -> None:
    settings = {"steps": 100_000, "validate_every": 100_000, "distributed": {"stall_seconds": STALL}}
    recipe = shared_recipe("jdit", "run", **settings)
    log, errors = tmp_path / "run" / "log.jsonl", tmp_path / "errors"

    def wait(reached: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not reached() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return reached()

    def lines() -> int:
        return log.read_text().count("\n") if log.exists() else 0

    with errors.open("w") as stderr:
        command = [*TRAIN, recipe, "--nproc", "2"]
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        assert wait(lambda: lines() > 3, 120), errors.read_text()
        second = children(process.pid)[1]
        os.kill(second, signal.SIGSTOP)
        # It is late after STALL seconds, and looked at six times in as many.
        named = wait(lambda: "waiting for rank" in errors.read_text(), 20 * STALL)
        os.kill(second, signal.SIGCONT)
        assert named, errors.read_text()
        assert f"waiting for rank 1 ({os.uname().nodename}, process {second}) at the" in errors.read_text()
        assert "waiting for rank 0" not in errors.read_text()
        before = lines()
        assert wait(lambda: lines() > before + 3, 120), errors.read_text()
        process.send_signal(signal.SIGUSR1)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    told = errors.read_text()
    assert process.returncode == 128 + signal.SIGUSR1, told
    assert output == ""
    (saved,) = (tmp_path / "run" / "checkpoints").iterdir()
    step = int(saved.name.removeprefix("step-"))
    assert f"stopped by SIGUSR1 after step {step}, saved in {saved}; run the same command again to go on" in told
    assert "Traceback" not in told
