"""`python -m lavincli train`, killed with SIGKILL in the middle and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from tests.train.conftest import JDIT_RECIPE, STVAE_RECIPE, Recipe
from tests.train.runs import log_lines, same_weights


def command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "lavincli", "train", *arguments]


def kill_at(recipe: Path, checkpoint: Path) -> None:
    """Start the recipe, wait for this checkpoint, then end the process as a power cut would."""
    process = subprocess.Popen(command(str(recipe)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 400
        while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        _, errors = process.communicate()
    assert checkpoint.exists(), errors.decode()
    assert process.returncode == -signal.SIGKILL, errors.decode()


@pytest.mark.timeout(600)  # three starts of an interpreter, on a machine that may be busy
@pytest.mark.parametrize(("base", "name"), [(STVAE_RECIPE, "stvae"), (JDIT_RECIPE, "jdit")], ids=["stvae", "jdit"])
def test_killed_and_resumed(
    recipe: Recipe, tiny_model_directory: Path, tmp_path: Path, base: dict[str, Any], name: str
) -> None:
    """The weights are those of a run that was left alone, in this process, bit for bit."""
    changes: dict[str, Any] = {"steps": 16, "validate_every": 8}
    if name == "jdit":
        changes["stvae"] = str(save_stvae(load_stvae(tiny_model_directory), tmp_path / "stvae"))
    whole = run(read_recipe(str(recipe(base, "whole", **changes))))
    killed = recipe(base, "killed", **changes)
    out = tmp_path / "killed"
    kill_at(killed, out / "checkpoints" / "step-00000004")
    assert not (out / whole.relative_to(tmp_path / "whole") / "config.json").exists()
    before = log_lines(out)
    done = subprocess.run(command(str(killed)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert done.stdout == f"{folder}\n"
    assert same_weights(whole, folder, name)
    after = log_lines(out)
    assert after[:4] == before[:4]
    assert [line["step"] for line in after] == [line["step"] for line in log_lines(tmp_path / "whole")]


def test_errors_are_one_line(recipe: Recipe) -> None:
    path = recipe(STVAE_RECIPE, "bad", optimizer={"learning_rate": -1})
    done = subprocess.run(command(str(path), "steps=3"), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert f"{path}: key 'optimizer.learning_rate'" in done.stderr
