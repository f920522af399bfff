"""Two nodes: two launchers, each with an address of its own, that know of one another by the rendezvous alone."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lavincli
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from tests.train.distributed.launching import assert_same, curve, environment

STEPS = "steps=10"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.timeout(600)  # fifteen seconds of an idle machine, but there may be others
def test_two_launchers(shared_recipe: Callable[..., str], tmp_path: Path) -> None:
    """They train on the curve of one process, and the first alone says and writes what came out."""
    recipe = shared_recipe("jdit")
    run(read_recipe(recipe, [STEPS, f"out={tmp_path / 'alone'}"]))
    out = tmp_path / "nodes"
    meeting = ["--rdzv-backend=c10d", "--rdzv-id=lavin", f"--rdzv-endpoint=127.0.0.1:{free_port()}"]
    train = ["-m", "lavincli", "train", recipe, STEPS, f"out={out}", "distributed.zero_stage=2"]
    nodes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"),
                *(*meeting, f"--local-addr=127.0.0.{number}", *train),
            ],
            env=environment(PYTHONWARNINGS="ignore::FutureWarning"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    try:
        outputs = [node.communicate(timeout=500) for node in nodes]
    finally:
        for node in nodes:
            node.kill()
    assert [node.returncode for node in nodes] == [0, 0], [errors for _, errors in outputs]
    assert sorted(output for output, _ in outputs) == ["", f"{out / 'model'}\n"]
    assert_same(curve(tmp_path / "alone"), curve(out), 1e-4, "two nodes")
    assert lavincli.load(out, device="cpu").config.name == "small"
