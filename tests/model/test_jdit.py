"""J-DiT: initialisation, dtype, batches, bad input."""

from __future__ import annotations

from typing import Literal

import pytest
import torch

from lavincli.model.config import JDiTConfig
from lavincli.model.initialise import initialise
from lavincli.model.jdit import JDiT
from tests.reference import relative_error

Attention = Literal["joint", "oneway"]
both = pytest.mark.parametrize("attention", ["joint", "oneway"])


def small(attention: Attention, *, trained: bool = True, heads: int = 4) -> JDiT:
    """A network at its start, or with random weights everywhere (`trained`)."""
    torch.manual_seed(0)
    network = JDiT(JDiTConfig(hidden_size=48, depth=2, num_heads=heads, kv_group=2, attention=attention))
    initialise(network)
    if trained:
        for parameter in network.parameters():
            parameter.data.add_(0.1 * torch.randn(parameter.shape))
    return network.eval().requires_grad_(False)


@both
def test_a_new_model_outputs_zero(attention: Attention) -> None:
    network = small(attention, trained=False)
    x, cond = torch.randn(2, 16, 1, 4, 4), torch.randn(2, 16, 3, 4, 4)
    assert not network(x, torch.tensor([0.2, 0.7]), cond).any()


def test_starting_weights() -> None:
    torch.manual_seed(0)
    network = JDiT(JDiTConfig(hidden_size=192, depth=1, num_heads=8, kv_group=4))
    initialise(network)
    state = network.state_dict()
    noisy = ("prompt_embed", "answer_embed", "t_embedder.mlp.0.weight", "t_embedder.mlp.2.weight")
    for name in (*noisy, "cond_embedder.0.bias"):
        assert float(state[name].std()) == pytest.approx(0.02, rel=0.2), name
    query = state["blocks.0.joint_attn.x_q.weight"]
    assert float(query.abs().max()) == pytest.approx((6 / (192 + 192)) ** 0.5, rel=0.01)
    for name, value in state.items():
        if "modulation" in name or "final_layer.linear" in name or name == "x_embedder.0.bias":
            assert not value.any(), name


def test_a_null_contexts_first_gradient_is_none_too_large() -> None:
    torch.manual_seed(0)
    network = JDiT(JDiTConfig(hidden_size=48, depth=2, num_heads=4, kv_group=2, attention="oneway"))
    initialise(network, gate_bias=0.3)
    torch.nn.init.normal_(network.final_layer.linear.weight, std=0.02)
    norms = []
    for context in (torch.randn(1, 16, 1, 4, 4), torch.zeros(1, 16, 1, 4, 4)):
        network.zero_grad()
        cond = torch.cat([context, torch.randn(1, 16, 1, 4, 4)], dim=2)
        network(torch.randn(1, 16, 1, 4, 4), torch.tensor([0.5]), cond).square().mean().backward()
        norms.append(float(torch.nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None])))
    assert norms[1] < 100 * norms[0]


@both
def test_elements_of_a_batch_do_not_see_each_other(attention: Attention) -> None:
    network = small(attention)
    x, cond, t = torch.randn(3, 16, 1, 4, 6), torch.randn(3, 16, 3, 4, 6), torch.tensor([0.0, 0.4, 1.0])
    together = network(x, t, cond)
    for i in range(3):
        assert relative_error(network(x[i : i + 1], t[i : i + 1], cond[i : i + 1]), together[i : i + 1]) < 1e-5


@both
@pytest.mark.parametrize("kv_group", [1, 2, 4])
def test_training_and_sampling_compute_the_same(attention: Attention, kv_group: int) -> None:
    """Query head j uses KV head j // kv_group, whichever way attention is computed."""
    torch.manual_seed(0)
    network = JDiT(JDiTConfig(hidden_size=48, depth=2, num_heads=4, kv_group=kv_group, attention=attention))
    initialise(network, gate_bias=0.5)
    torch.nn.init.normal_(network.final_layer.linear.weight, std=0.1)
    x, cond, t = torch.randn(2, 16, 1, 4, 6), torch.randn(2, 16, 3, 4, 6), torch.tensor([0.2, 0.8])
    trained = network(x, t, cond)
    with torch.inference_mode():
        assert relative_error(network(x, t, cond), trained) < 1e-5
    torch.autograd.backward(trained.square().mean())
    gradient = network.get_parameter("blocks.0.joint_attn.cond_k.weight").grad
    assert gradient is not None
    assert gradient.any()


@both
def test_bfloat16_weights_give_float32_velocity(attention: Attention) -> None:
    network = small(attention)
    x, cond, t = torch.randn(1, 16, 1, 4, 4), torch.randn(1, 16, 3, 4, 4), torch.tensor([0.3])
    exact = network(x, t, cond)
    rounded = network.bfloat16()(x, t, cond)
    assert rounded.dtype == torch.float32
    assert 0 < relative_error(rounded, exact) < 0.1


@both
@pytest.mark.parametrize(
    ("x", "t", "cond"),
    [
        ((1, 16, 4, 4), (1,), (1, 16, 1, 4, 4)),
        ((1, 8, 1, 4, 4), (1,), (1, 16, 1, 4, 4)),
        ((1, 16, 1, 4, 4), (1,), (1, 16, 1, 4, 6)),
        ((2, 16, 1, 4, 4), (2,), (1, 16, 1, 4, 4)),
        ((2, 16, 1, 4, 4), (1,), (2, 16, 1, 4, 4)),
        ((1, 16, 1, 3, 4), (1,), (1, 16, 1, 3, 4)),
    ],
)
def test_shapes_that_do_not_belong_together(
    attention: Attention, x: tuple[int, ...], t: tuple[int, ...], cond: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"must be|belong together|must be even"):
        small(attention)(torch.zeros(x), torch.zeros(t), torch.zeros(cond))


def test_open_gates_and_positional_heads_start_from_something_else() -> None:
    """The settings that shorten the start leave every shape alone and make blocks that do something."""
    torch.manual_seed(0)
    network = JDiT(JDiTConfig(hidden_size=48, depth=2, num_heads=4, kv_group=2, attention="oneway"))
    initialise(network, gate_bias=0.5, positional_heads=2.0)
    x, cond, t = torch.randn(1, 16, 1, 4, 4), torch.randn(1, 16, 3, 4, 4), torch.tensor([0.5])
    torch.nn.init.normal_(network.final_layer.linear.weight, std=0.1)
    network.requires_grad_(False)
    first = network(x, t, cond)
    assert first.isfinite().all()
    assert relative_error(network(x, t, cond + 1.0), first) > 1e-3
