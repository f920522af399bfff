"""Steps that would spoil the weights are not taken; a run that has nothing else is ended, and says where to go on."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lavincli.errors import LavinError
from lavincli.tensor_file import StoredTensors, write_tensors
from lavincli.train.config import OptimizerConfig, STVAETrainConfig
from lavincli.train.engine import LocalEngine
from lavincli.train.run import run
from lavincli.train.stvae import STVAEObjective
from lavincli.train.watch.guard import Guard, GuardedEngine
from lavincli.train.watch.json_lines import read_log
from lavincli.train.world import World

Config = Callable[..., STVAETrainConfig]
GUARD = {"history": 8, "patience": 3}


@pytest.fixture
def config(stvae_config: Config) -> STVAETrainConfig:
    return stvae_config(guard=GUARD)


def engine(config: STVAETrainConfig) -> GuardedEngine:
    torch.manual_seed(0)
    make = Guard(config, World()).around(
        lambda module, optimizer: LocalEngine(module, optimizer, steps=100, ema_decay=0.9, accumulation=2)
    )
    made = make(nn.Linear(4, 1), OptimizerConfig(learning_rate=1e-2, warmup_steps=0, schedule="constant"))
    assert isinstance(made, GuardedEngine)
    return made


def mean_error(module: nn.Module, x: Tensor) -> Tensor:
    error: Tensor = module(x) - x[:, :1]
    return error.square().mean()


def take(guarded: GuardedEngine, step: int, factor: float = 1.0) -> None:
    """A step of two parts, the second one with its loss made so many times larger."""
    random = torch.Generator().manual_seed(step)
    for part in (1.0, factor):
        x = torch.randn(8, 4, generator=random)
        guarded.backward(part * guarded.run(partial(mean_error, guarded.module, x)))
    guarded.step(step)


def state(guarded: GuardedEngine) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in guarded.state()}


@pytest.mark.parametrize("factor", [1e4, math.nan, math.inf])
def test_a_spike_leaves_everything_as_it_is(
    config: STVAETrainConfig, factor: float, caplog: pytest.LogCaptureFixture
) -> None:
    guarded = engine(config)
    for step in range(8):
        take(guarded, step)
    before = state(guarded)
    with caplog.at_level(logging.WARNING):
        take(guarded, 8, factor)
    after = state(guarded)
    assert "step 9 is not taken: its loss is" in caplog.text
    assert all(torch.equal(value, after[name]) for name, value in before.items() if name != "guard.history")
    take(guarded, 9)
    again = state(guarded)
    assert not torch.equal(again["module.weight"], before["module.weight"])
    assert again["module.weight"].isfinite().all()


def test_it_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(config: STVAETrainConfig, tmp_path: Path) -> None:
    """A spike that is one for the history alone is one after loading too."""
    whole, halved = engine(config), engine(config)
    for step in range(8):
        take(whole, step)
        take(halved, step)
    write_tensors(tmp_path / "state", halved.layout(), halved.state())
    again = engine(config)
    again.load_state(StoredTensors(tmp_path / "state"))
    for guarded in (whole, again):
        take(guarded, 8, 1e4)
        take(guarded, 9)
    one, other = state(whole), state(again)
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_state_without_history_is_loaded(config: STVAETrainConfig, tmp_path: Path) -> None:
    guarded = engine(config)
    take(guarded, 0)
    layout = {name: kind for name, kind in guarded.layout().items() if name != "guard.history"}
    write_tensors(tmp_path / "state", layout, [(name, value) for name, value in guarded.state() if name in layout])
    again = engine(config)
    again.load_state(StoredTensors(tmp_path / "state"))
    assert torch.equal(state(again)["module.weight"], state(guarded)["module.weight"])


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Steps whose loss is made infinite."""
    steps: set[int] = set()
    loss = STVAEObjective._loss

    def spoilt(self: Any, pictures: Tensor, part: range, step: int, *rest: Any) -> Tensor:
        found = loss(self, pictures, part, step, *rest)
        return found * math.inf if step in steps else found

    monkeypatch.setattr(STVAEObjective, "_loss", spoilt)
    return steps


def test_a_run_with_a_bad_step(stvae_config: Config, poisoned: set[int]) -> None:
    """It ends well, and what was logged is of the steps that were taken."""
    poisoned |= {2, 3}
    config = stvae_config(steps=6, log_every=2, guard=GUARD)
    run(config)
    lines = [line for line in read_log(config.out / "log.jsonl") if "learning_rate" in line]
    assert [line.get("skipped") for line in lines] == [None, 2, None]
    assert [("mse" in line) for line in lines] == [True, False, True]


def test_a_run_that_diverges(stvae_config: Config, poisoned: set[int]) -> None:
    """It ends with the checkpoint from before, and goes on from there when what was wrong is mended."""
    poisoned |= {3, 4, 5}
    config = stvae_config("run", steps=6, guard=GUARD)
    with pytest.raises(LavinError, match="its loss is inf") as error:
        run(config)
    assert "3 of the last 8 steps, from step 4 on" in error.value.message
    assert f"{config.out / 'checkpoints' / 'step-00000003'} is from before that" in error.value.message
    with pytest.raises(LavinError, match="from step 4 on"):
        run(config)
    poisoned.clear()
    assert (run(config) / "stvae.safetensors").exists()


def test_a_loss_that_another_part_joins_is_no_spike(stvae_config: Config, trunk: Path) -> None:
    loss = {"perceptual": {"trunk": str(trunk), "weight": 1e5, "start_step": 6, "pictures": 3}}
    config = stvae_config(steps=8, loss=loss, guard=GUARD | {"gradient_factor": None})
    run(config)
    assert not any("skipped" in line for line in read_log(config.out / "log.jsonl"))
