"""One process of plain PyTorch, one and two of DeepSpeed at every ZeRO stage: the same loss curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from tests.train.distributed.launching import assert_same, curve, train_many

FEW = "steps=6"
SIZES = [
    *("batch_size=8", "data.other_sizes={32: 1}"),
    "sequence={pairs: 2, queries: 1, noises: 2, null_context: 0.3, tokens: 192, multiple: 4}",
]
JOINT = ["jdit.attention=joint", *SIZES, FEW]
CLIPS = ["data.tasks={small_denoising: 1, small_motion: 1}", "data.frames=5", "clips={share: 0.5, batch_size: 4}"]
MUON = ["optimizer.name=muon", FEW]
HALF = ["precision=bfloat16", FEW]


@pytest.mark.timeout(900)  # thirty seconds of an idle machine, but there may be others
def test_the_same_loss_curve(shared_recipe: Callable[..., str], trunk: Path, tmp_path: Path) -> None:
    """30 steps to 1e-4 at every stage; fewer with everything else that shares a step out or changes it.

    joint: batches of several sizes, with as many contexts as their tokens allow. adversarial: stills and clips.
    """
    jdit, stvae = shared_recipe("jdit"), shared_recipe("stvae", loss={"l1": 0.5, "kl": 1e-4})
    adversarial = [
        *(f"loss.perceptual.trunk={trunk}", "loss.perceptual.weight=0.1", "loss.perceptual.pictures=3"),
        *("loss.adversarial.weight=0.1", "loss.adversarial.start_step=3", "loss.adversarial.channels=4", *CLIPS, FEW),
    ]

    def run_of(recipe: str, name: str, *changes: str, **distributed: object) -> list[str]:
        settings = [f"distributed.{key}={value}" for key, value in distributed.items()]
        return [recipe, f"out={tmp_path / name}", "keep_best=false", *changes, *settings]

    alone = {
        "plain": run_of(jdit, "plain"),
        "joint": run_of(jdit, "joint", *JOINT),
        "muon": run_of(jdit, "muon", *MUON),
        "half": run_of(jdit, "half", *HALF),
        "stvae": run_of(stvae, "stvae", FEW),
        "adversarial": run_of(stvae, "adversarial", *adversarial),
    }
    for recipe, *changes in alone.values():
        run(read_recipe(recipe, changes))
    train_many(1, run_of(jdit, "plain-one-process", zero_stage=2))
    stages = (0, 1, 2, 3)
    train_many(
        2,
        *(run_of(jdit, f"plain-stage{stage}", zero_stage=stage) for stage in stages),
        run_of(jdit, "joint-parts", *JOINT, zero_stage=3, accumulation=2, activation_checkpointing=True),
        run_of(jdit, "muon-stage0", *MUON),
        run_of(jdit, "half-stage3", *HALF, zero_stage=3, offload="cpu"),
        run_of(stvae, "stvae-stage3", FEW, zero_stage=3, activation_checkpointing=True),
        run_of(stvae, "adversarial-stage2", *adversarial, zero_stage=2),
    )
    several = [path for path in sorted(tmp_path.iterdir()) if "-" in path.name and (path / "log.jsonl").exists()]
    assert len(several) == 10
    for path in several:
        kind = path.name.partition("-")[0]
        # bfloat16 sums differ with the number of things summed; an adversary makes small differences grow.
        tolerance = {"half": 1e-2, "adversarial": 3e-3, "muon": 1e-3}.get(kind, 1e-4)
        expected = {key: value for key, value in curve(tmp_path / kind).items() if kind != "half" or key[1] == "loss"}
        found = {key: value for key, value in curve(path).items() if key in expected}
        assert_same(expected, found, tolerance, path.name)
