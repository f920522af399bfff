"""A checkpoint knows nothing of who wrote it: runs go on with other processes and stages, and are models at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

import lavincli
from lavincli.pipeline.model_directory import load_stvae
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from tests.train.distributed.launching import assert_same, curve, environment, train_many

KEEP_ALL = "keep_checkpoints=9"


@pytest.mark.timeout(900)
def test_on_other_processes_and_stages(
    shared_recipe: Callable[..., str], trunk: Path, train_tasks: Path, tmp_path: Path
) -> None:
    """Two processes with ZeRO-2, then one, then two with ZeRO-3; and the other way round; on the curve of one."""
    jdit = shared_recipe("jdit")
    first = shared_recipe("stvae", "first", steps=1)
    frozen = {"start_from": str(tmp_path / "first"), "freeze_encoder": True}
    adversarial = {"weight": 0.1, "start_step": 12, "channels": 4}
    stvae = shared_recipe("stvae", "stvae", loss={"l1": 0.5, "adversarial": adversarial}, **frozen)
    run(read_recipe(first))
    stages = {
        "2-1-3": (jdit, ["distributed.zero_stage=2"], [], ["distributed.zero_stage=3"]),
        "3-0-1": (
            jdit,
            ["distributed.zero_stage=3"],
            ["distributed.zero_stage=0"],
            ["distributed.zero_stage=1", "distributed.offload=cpu"],
        ),
        "stvae": (stvae, ["distributed.zero_stage=1"], [], ["distributed.zero_stage=2"]),
    }

    def part(name: str, number: int) -> list[str]:
        recipe, *changes = stages[name]
        return [recipe, f"out={tmp_path / name}", KEEP_ALL, f"steps={10 * (number + 1)}", *changes[number]]

    train_many(2, *(part(name, 0) for name in stages))
    for name in ("2-1-3", "stvae"):
        recipe, *changes = part(name, 1)
        run(read_recipe(recipe, changes))
    train_many(1, part("3-0-1", 1))
    train_many(2, *(part(name, 2) for name in stages))

    run(read_recipe(jdit, [f"out={tmp_path / 'whole-jdit'}"]))
    run(read_recipe(stvae, [f"out={tmp_path / 'whole-stvae'}"]))
    for name in stages:
        # In the last steps the adversary has begun to make small differences grow.
        tolerance = 1e-2 if name == "stvae" else 1e-4
        whole = tmp_path / ("whole-stvae" if name == "stvae" else "whole-jdit")
        assert_same(curve(whole), curve(tmp_path / name), tolerance, name)
    encoders = [load_stvae(tmp_path / name).encoder.state_dict() for name in ("first", "stvae")]
    assert all(torch.equal(value, encoders[1][key]) for key, value in encoders[0].items())
    predict(tmp_path / "2-1-3", train_tasks.parent / "pictures", tmp_path)


def predict(out: Path, pictures: Path, folder: Path) -> None:
    """`lavin predict` with the run's folder, and every checkpoint loaded."""
    checkpoints = sorted((out / "checkpoints").iterdir())
    assert [path.name for path in checkpoints] == [f"step-000000{step}" for step in (10, 20, 30)]
    picture = torch.randn(1, 16, 5, 2, 2)
    answers = [lavincli.load(path, device="cpu").sample(picture, grid="uniform:2") for path in checkpoints]
    assert torch.equal(answers[2], lavincli.load(out, device="cpu").sample(picture, grid="uniform:2"))
    assert torch.equal(answers[2], lavincli.load(out / "model", device="cpu").sample(picture, grid="uniform:2"))
    assert not torch.equal(answers[0], answers[2])
    given = next(iter(sorted(pictures.iterdir())))
    command = [sys.executable, "-m", "lavincli", "predict", str(given), "--task", "small_negative", "--model", str(out)]
    done = subprocess.run(
        [*command, "-o", str(folder / "answers")], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with Image.open(next((folder / "answers").rglob("*.png"))) as answer:
        assert answer.size[0] > 0
