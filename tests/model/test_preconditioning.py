"""A preconditioned network: what it has to learn is the data at first, and of unit variance always."""

from __future__ import annotations

import pytest
import torch

from lavincli.engine.engine import Engine
from lavincli.flow.loss import interpolate
from lavincli.flow.sampler import sample
from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import JDiT
from lavincli.model.preconditioning import preconditioned_velocity
from lavincli.model.weights import network_hash
from tests.model.test_jdit import Attention, both, small
from tests.reference import relative_error


def preconditioned(attention: Attention) -> JDiT:
    """The small network, but that its output means something else."""
    plain = small(attention)
    network = JDiT(plain.config.model_copy(update={"preconditioned": True}))
    network.load_state_dict(plain.state_dict())
    return network.requires_grad_(False)


@pytest.mark.parametrize("t", [0.0, 0.1, 0.5, 0.8, 1.0])
def test_what_is_to_be_learned_has_unit_variance_and_nothing_to_do_with_x(t: float) -> None:
    data, noise = torch.randn(2, 1, 200_000, generator=torch.Generator().manual_seed(0))
    times = torch.tensor([t])
    x, velocity = interpolate(data, noise, times), data - noise
    # The output that gives the velocity: the map is affine in it.
    without, of_one = (preconditioned_velocity(torch.full_like(x, value), x, times) for value in (0.0, 1.0))
    output = (velocity - without) / (of_one - without)
    assert output.var().item() == pytest.approx(1, abs=0.02)
    assert (output * x).mean().item() == pytest.approx(0, abs=0.02)
    if t == 0:
        torch.testing.assert_close(output, data, atol=1e-5, rtol=0)
    if t == 1:
        torch.testing.assert_close(output, -noise, atol=1e-5, rtol=0)


@both
def test_one_step_arrives_at_the_output(attention: Attention) -> None:
    """From noise: x + velocity is what the plain network of the same weights answers."""
    network, plain = preconditioned(attention), small(attention)
    generator = torch.Generator().manual_seed(1)
    cond, noise = (torch.randn(2, 16, frames, 4, 6, generator=generator) for frames in (3, 1))
    time = torch.zeros(2)
    arrived = noise + network(noise, time, cond)
    torch.testing.assert_close(arrived, plain(noise, time, cond), atol=1e-5, rtol=1e-5)


@both
@pytest.mark.parametrize("settings", [{}, {"guidance": 1.5}, {"guidance": 3.0, "solver": "heun"}])
def test_the_engine_answers_the_same(attention: Attention, settings: dict[str, object]) -> None:
    network = preconditioned(attention)
    generator = torch.Generator().manual_seed(2)
    cond, noise = (torch.randn(3, 16, frames, 4, 6, generator=generator) for frames in (5, 1))
    given = {"grid": "uniform:5"} | settings
    with torch.inference_mode():
        expected = sample(network, cond, noise, **given)  # type: ignore[arg-type]
    found = Engine(network).sample(cond, noise, **given)  # type: ignore[arg-type]
    assert relative_error(found, expected) < 1e-5
    assert relative_error(sample(small(attention), cond, noise, **given), expected) > 1e-2  # type: ignore[arg-type]


def test_other_networks_are_what_they_were() -> None:
    config = JDiTConfig(hidden_size=48, depth=1, num_heads=2, kv_group=1)
    assert "preconditioned" not in config.model_dump()
    assert config.model_copy(update={"preconditioned": True}).model_dump()["preconditioned"] is True
    assert network_hash(preconditioned("oneway")) != network_hash(small("oneway"))
