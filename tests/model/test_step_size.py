"""A network that is told the size of a step: the same as any other until it has learned what that means."""

from __future__ import annotations

import pytest
import torch

from lavincli.model.config import JDiTConfig
from lavincli.model.initialise import initialise, with_step_size
from lavincli.model.jdit import JDiT
from lavincli.model.weights import network_hash
from tests.model.test_jdit import Attention, both, small
from tests.reference import relative_error


def told(attention: Attention) -> JDiT:
    """With random weights everywhere."""
    torch.manual_seed(1)
    network = with_step_size(small(attention))
    assert network.step_embedder is not None
    for parameter in network.step_embedder.parameters():
        parameter.data.add_(0.3 * torch.randn(parameter.shape))
    return network.requires_grad_(False)


def latents(seed: int, frames: int, batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, 16, frames, 4, 6, generator=torch.Generator().manual_seed(seed))


@both
def test_it_begins_as_the_network_that_it_was(attention: Attention) -> None:
    network = small(attention)
    begun = with_step_size(network)
    assert begun.config == network.config.model_copy(update={"step_size": True})
    x, t, cond = latents(0, 1, 2), torch.tensor([0.1, 0.6]), latents(1, 3, 2)
    expected = network(x, t, cond)
    for step in (None, torch.zeros(2), torch.tensor([0.25, 0.4])):
        assert torch.equal(begun(x, t, cond, step=step), expected)
    assert with_step_size(begun) is begun


def test_what_it_begins_with_can_learn() -> None:
    begun = with_step_size(small("oneway").requires_grad_(True).train())
    assert begun.training
    assert begun.step_embedder is not None
    x, cond, step = latents(0, 1), latents(1, 3), torch.tensor([0.5])
    begun(x, torch.zeros(1), cond, step=step).square().mean().backward()
    gradient = begun.step_embedder.mlp[2].weight.grad
    assert isinstance(gradient, torch.Tensor)
    assert gradient.any()


@both
def test_a_new_network_is_told_nothing_yet(attention: Attention) -> None:
    torch.manual_seed(0)
    shape = JDiTConfig(hidden_size=48, depth=2, num_heads=4, kv_group=2, attention=attention, step_size=True)
    network = JDiT(shape)
    initialise(network, gate_bias=0.5)
    torch.nn.init.normal_(network.final_layer.linear.weight, std=0.1)
    x, t, cond = latents(0, 1), torch.tensor([0.3]), latents(1, 3)
    assert torch.equal(network(x, t, cond, step=torch.tensor([0.5])), network(x, t, cond))


@both
def test_the_step_counts(attention: Attention) -> None:
    network = told(attention)
    x, t, cond = latents(0, 1), torch.tensor([0.3]), latents(1, 3)
    at_once = network(x, t, cond)
    assert torch.equal(network(x, t, cond, step=torch.zeros(1)), at_once)
    assert relative_error(network(x, t, cond, step=torch.tensor([0.5])), at_once) > 1e-3
    ordinary = small(attention)
    assert torch.equal(ordinary(x, t, cond, step=torch.tensor([0.5])), ordinary(x, t, cond))


def test_a_memory_serves_steps_of_every_size() -> None:
    network = told("oneway")
    memory = network.remember(latents(1, 1), network.remember(latents(0, 2)))
    cond, x, t = torch.cat([latents(0, 2), latents(1, 1)], 2), latents(2, 1), torch.tensor([0.25])
    for size in (0.0, 0.25, 0.75):
        step = torch.tensor([size])
        assert relative_error(network.denoise(x, t, memory, step), network(x, t, cond, step=step)) < 1e-6


@both
def test_other_models_are_what_they_were(attention: Attention) -> None:
    """No parameter more, no key in what is stored, and the same identity."""
    network = small(attention)
    assert not [name for name in network.state_dict() if "step" in name]
    assert "step_size" not in network.config.model_dump(mode="json")
    begun = with_step_size(network)
    assert begun.config.model_dump(mode="json")["step_size"] is True
    assert JDiTConfig.model_validate(begun.config.model_dump(mode="json")) == begun.config
    assert network_hash(begun) != network_hash(network)
    more = begun.state_dict().keys() - network.state_dict().keys()
    assert more == {f"step_embedder.mlp.{part}" for part in ("0.weight", "0.bias", "2.weight", "2.bias")}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_keeps_the_number_format(dtype: torch.dtype) -> None:
    network = with_step_size(small("oneway").to(dtype))
    assert {value.dtype for value in network.state_dict().values()} == {dtype}
