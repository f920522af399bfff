"""The engine: averages, schedules, optimisers, divergence."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lavincli.train.config import OptimizerConfig
from lavincli.train.ema import ExponentialMovingAverage
from lavincli.train.engine import LocalEngine
from lavincli.train.optimizer import build_optimizers, learning_rate_factor, set_learning_rate


def config(**settings: Any) -> OptimizerConfig:
    return OptimizerConfig.model_validate({"learning_rate": 0.01, "warmup_steps": 0} | settings)


def module() -> nn.Module:
    torch.manual_seed(0)
    network = nn.Module()
    network.blocks = nn.ModuleList([nn.Linear(4, 4)])
    network.head = nn.Linear(4, 4)
    network.norm = nn.LayerNorm(4)
    return network


def test_average_follows_the_formula() -> None:
    network = nn.Linear(2, 1, bias=False)
    average = ExponentialMovingAverage(network, decay=0.75)
    expected = network.weight.detach().clone()
    for step in range(60):
        with torch.no_grad():
            network.weight.fill_(float(step))
        average.update(network, step)
        # Early on the average forgets the random start faster: (1 + step) / (10 + step).
        decay = min(0.75, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
    with average.in_place(network):
        assert torch.allclose(network.weight, expected, rtol=1e-5)
    assert network.weight.detach().eq(59).all()


def test_average_leaves_frozen_parameters() -> None:
    network = module()
    network.get_submodule("head").requires_grad_(False)
    average = ExponentialMovingAverage(network, decay=0.5)
    assert not any(name.startswith("head") for name in average.shadow)
    head = network.state_dict()["head.weight"].clone()
    with average.in_place(network):
        assert torch.equal(network.state_dict()["head.weight"], head)


def test_averaged_weights_are_in_place_within_the_block_alone() -> None:
    network = nn.Linear(2, 1)
    engine = LocalEngine(network, config(), steps=2, ema_decay=0.9)
    before = network.weight.detach().clone()
    engine.backward(engine.run(lambda: network(torch.ones(1, 2)).sum()))
    engine.step(0)
    after = network.weight.detach().clone()
    with engine.averaged():
        assert not network.training
        assert not torch.equal(network.weight, after)
        assert not torch.equal(network.weight, before)
    assert torch.equal(network.weight, after)
    assert network.training


def test_average_of_another_network() -> None:
    average = ExponentialMovingAverage(nn.Linear(2, 1), decay=0.5)
    with pytest.raises(ValueError, match="other parameters"):
        average.load({"bias": torch.zeros(1)})


@given(
    steps=st.integers(2, 500),
    warmup=st.integers(0, 50),
    schedule=st.sampled_from(["constant", "cosine", "linear"]),
    final=st.floats(0, 1),
)
def test_schedules(steps: int, warmup: int, schedule: str, final: float) -> None:
    """Up to the peak in a line, then never up again, and never below the final share."""
    settings = config(warmup_steps=warmup, schedule=schedule, final_share=final)
    factors = [learning_rate_factor(step, steps + warmup, settings) for step in range(steps + warmup + 1)]
    assert factors[:warmup] == pytest.approx([(step + 1) / warmup for step in range(warmup)] if warmup else [])
    after = factors[warmup:]
    assert after[0] == pytest.approx(1.0)
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(after))
    assert after[-1] == pytest.approx(1.0 if schedule == "constant" else final)
    half = factors[warmup + steps // 2]
    if schedule == "linear" and steps % 2 == 0:
        assert half == pytest.approx((1 + final) / 2)


def test_a_run_shorter_than_its_warm_up() -> None:
    assert learning_rate_factor(2, 3, config(warmup_steps=10)) == pytest.approx(0.3)
    assert learning_rate_factor(10, 10, config(warmup_steps=10, final_share=0.1)) == pytest.approx(1.0)


def test_vectors_are_not_decayed() -> None:
    (adamw,) = build_optimizers(module(), config(weight_decay=0.1))
    for group in adamw.param_groups:
        assert group["params"]
        assert all((parameter.ndim >= 2) == (group["weight_decay"] == 0.1) for parameter in group["params"])


def test_muon_takes_the_matrices_of_blocks() -> None:
    network = module()
    adamw, muon = build_optimizers(network, config(name="muon"))
    blocks = network.get_submodule("blocks.0")
    assert isinstance(blocks, nn.Linear)
    assert [id(p) for group in muon.param_groups for p in group["params"]] == [id(blocks.weight)]
    count = sum(len(group["params"]) for group in adamw.param_groups)
    assert count + 1 == len(list(network.parameters()))


def test_frozen_parameters_have_no_optimiser() -> None:
    network = module()
    network.get_submodule("blocks").requires_grad_(False)
    for name in ("adamw", "muon"):
        optimizers = build_optimizers(network, config(name=name))
        taken = [id(p) for o in optimizers for group in o.param_groups for p in group["params"]]
        assert sorted(taken) == sorted(id(p) for p in network.parameters() if p.requires_grad)


def test_learning_rate_reaches_every_group() -> None:
    optimizers = build_optimizers(module(), config(name="muon"))
    set_learning_rate(optimizers, 0.125)
    assert {group["lr"] for optimizer in optimizers for group in optimizer.param_groups} == {0.125}


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_an_engine_learns(name: str) -> None:
    torch.manual_seed(0)
    network = nn.Sequential()
    network.add_module("blocks", nn.Linear(4, 4))
    engine = LocalEngine(network, config(name=name, learning_rate=0.05), steps=60, ema_decay=0.9)
    x = torch.randn(32, 4)
    target = x @ torch.randn(4, 4)
    losses = []
    for step in range(60):
        loss = (network(x) - target).square().mean()
        losses.append(float(loss.detach()))
        engine.backward(loss)
        assert engine.step(step) > 0
    assert losses[-1] < 0.6 * losses[0]
    weight = network.state_dict()["blocks.weight"].clone()
    with engine.averaged():
        assert not torch.equal(network.state_dict()["blocks.weight"], weight)


def test_gradients_are_clipped() -> None:
    """The step of plain AdamW doesn't show the gradient's length; the norm that is told is the one before clipping."""
    network = nn.Linear(2, 1, bias=False)
    engine = LocalEngine(network, config(clip=1e-3), steps=1, ema_decay=0.9)
    engine.backward(network(torch.tensor([[30.0, 40.0]])).sum())
    assert engine.step(0) == pytest.approx(50.0)


def test_parts_of_a_batch_add_up_to_it() -> None:
    networks = [module(), module()]
    whole, parts = (
        LocalEngine(network, config(), steps=3, ema_decay=0.9, accumulation=accumulation)
        for network, accumulation in zip(networks, (1, 4), strict=True)
    )
    for step in range(3):
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        for engine, network, batches in ((whole, networks[0], [x]), (parts, networks[1], torch.split(x, 2))):
            for batch in batches:
                engine.backward(network.get_submodule("head")(batch).square().mean())
        assert whole.step(step) == pytest.approx(parts.step(step), rel=1e-5)
    for one, other in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-6)


def test_parameters_without_a_part_in_the_loss_are_decayed() -> None:
    """As they are where several parameters are one flat tensor."""
    network = module()
    engine = LocalEngine(network, config(weight_decay=0.5), steps=1, ema_decay=0.9)
    before = network.state_dict()["blocks.0.weight"].clone()
    engine.backward(network.get_submodule("head")(torch.ones(1, 4)).sum())
    engine.step(0)
    assert torch.allclose(network.state_dict()["blocks.0.weight"], before * (1 - 0.01 * 0.5))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_is_dropped(value: float) -> None:
    network = nn.Linear(2, 1)
    engine = LocalEngine(network, config(), steps=1, ema_decay=0.9)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    engine.backward(network(torch.ones(1, 2)).sum() * value)
    assert not math.isfinite(engine.step(3))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_gradient_above_the_limit_is_dropped() -> None:
    network = nn.Linear(2, 1)
    engine = LocalEngine(network, config(), steps=1, ema_decay=0.9)
    before = {name: tensor.clone() for name, tensor in engine.state()}
    engine.backward(network(torch.ones(1, 2)).sum())
    norm = engine.step(3, largest=1.7)
    assert norm == pytest.approx(3**0.5)
    after = dict(engine.state())
    assert before.keys() == after.keys()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    engine.backward(network(torch.ones(1, 2)).sum())
    assert engine.step(3, largest=1.8) == norm
    assert not torch.equal(network.weight, before["module.weight"])
