"""One-way attention: context tokens see the context, query tokens context and query, target tokens all of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lavincli.model.jdit import JDiT, Memory
from tests.model.test_jdit import small
from tests.reference import relative_error

CONTEXT_FRAMES = 4


@pytest.fixture(scope="module")
def network() -> JDiT:
    return small("oneway")


def latents(seed: int, frames: int, batch: int = 1) -> Tensor:
    return torch.randn(batch, 16, frames, 4, 6, generator=torch.Generator().manual_seed(seed))


def same(one: Memory, other: Memory) -> bool:
    return one.frames == other.frames and all(
        torch.equal(a, b)
        for mine, yours in zip(one.blocks, other.blocks, strict=True)
        for my_part, your_part in zip(mine, yours, strict=True)
        for a, b in zip(my_part, your_part, strict=True)
    )


def test_forward_is_remember_and_denoise(network: JDiT) -> None:
    context, query, x, t = latents(0, CONTEXT_FRAMES), latents(1, 1), latents(2, 1), torch.tensor([0.3])
    memory = network.remember(query, network.remember(context))
    assert memory.frames == CONTEXT_FRAMES + 1
    assert relative_error(network.denoise(x, t, memory), network(x, t, torch.cat([context, query], 2))) < 1e-6


def test_query_frames_of_a_video(network: JDiT) -> None:
    """By default the query is as long as x; `query_frames` says otherwise, and it matters."""
    cond, x, t = latents(0, 5), latents(2, 2), torch.tensor([0.3])
    by_default = network(x, t, cond)
    assert torch.equal(by_default, network(x, t, cond, query_frames=2))
    assert relative_error(network(x, t, cond, query_frames=1), by_default) > 1e-4


def test_a_condition_that_is_all_query(network: JDiT) -> None:
    query, x, t = latents(1, 1), latents(2, 1), torch.tensor([0.3])
    assert relative_error(network(x, t, query), network.denoise(x, t, network.remember(query))) < 1e-6


def test_context_does_not_see_the_query(network: JDiT) -> None:
    """Within a memory of context and query, the context's part is the context's own memory, whatever the query."""
    context = latents(0, CONTEXT_FRAMES)
    alone = network.remember(context)
    for seed in (1, 7):
        both = network.remember(latents(seed, 1), alone)
        for kept, whole in zip(alone.blocks, both.blocks, strict=True):
            assert whole[: len(kept)] == kept


def test_reading_the_query_leaves_the_context_as_it_was(network: JDiT) -> None:
    context = latents(0, CONTEXT_FRAMES)
    alone = network.remember(context)
    network.denoise(latents(2, 1), torch.tensor([0.9]), network.remember(latents(1, 1), alone))
    assert same(alone, network.remember(context))


def test_query_sees_the_context(network: JDiT) -> None:
    """From the second block on: in the first its keys and values are made of the query alone."""
    query = latents(1, 1)
    one, other = (network.remember(query, network.remember(latents(seed, CONTEXT_FRAMES))) for seed in (0, 8))
    assert torch.equal(one.blocks[0][1].values, other.blocks[0][1].values)
    assert relative_error(one.blocks[1][1].values, other.blocks[1][1].values) > 1e-3


def test_target_sees_context_query_and_itself(network: JDiT) -> None:
    t = torch.tensor([0.5])
    cond, x = latents(0, CONTEXT_FRAMES + 1), latents(2, 2)
    first = network(x, t, cond, query_frames=1)
    for frame in range(CONTEXT_FRAMES + 1):
        changed = cond.clone()
        changed[:, :, frame] += 1.0
        assert relative_error(network(x, t, changed, query_frames=1), first) > 1e-5, frame
    changed = x.clone()
    changed[:, :, 1] += 1.0
    second = network(changed, t, cond, query_frames=1)
    assert relative_error(second[:, :, :1], first[:, :, :1]) > 1e-4


def test_time_moves_the_target_alone(network: JDiT) -> None:
    """The condition stream is modulated with a fixed time, so one memory serves every step."""
    memory = network.remember(latents(1, 1), network.remember(latents(0, CONTEXT_FRAMES)))
    cond = torch.cat([latents(0, CONTEXT_FRAMES), latents(1, 1)], 2)
    velocities = []
    for time in (0.0, 0.5, 1.0):
        x, t = latents(2, 1), torch.tensor([time])
        velocities.append(network(x, t, cond))
        assert relative_error(network.denoise(x, t, memory), velocities[-1]) < 1e-6
    assert relative_error(velocities[0], velocities[2]) > 1e-3


def test_condition_time_is_a_setting(network: JDiT) -> None:
    other = JDiT(network.config.model_copy(update={"condition_time": 0.25})).requires_grad_(False)
    other.load_state_dict(network.state_dict())
    assert not same(network.remember(latents(0, 2)), other.remember(latents(0, 2)))


def test_one_context_serves_many_queries(network: JDiT) -> None:
    """A memory of batch 1 gives every query what its own repeated context would."""
    count = 3
    context, queries, x = latents(0, CONTEXT_FRAMES), latents(1, 1, count), latents(2, 1, count)
    t = torch.tensor([0.1, 0.5, 0.9])
    shared = network.denoise(x, t, network.remember(queries, network.remember(context)))
    repeated = network(x, t, torch.cat([context.expand(count, -1, -1, -1, -1), queries], 2))
    assert relative_error(shared, repeated) < 1e-5


def test_each_context_serves_its_own_neighbours(network: JDiT) -> None:
    """Two contexts, two queries each, two noises a query: element i belongs to context i // 4 and query i // 2."""
    contexts, queries, x = latents(0, CONTEXT_FRAMES, 2), latents(1, 1, 4), latents(2, 1, 8)
    t = torch.linspace(0, 1, 8)
    shared = network.denoise(x, t, network.remember(queries, network.remember(contexts)))
    cond = torch.cat([contexts.repeat_interleave(4, 0), queries.repeat_interleave(2, 0)], 2)
    assert relative_error(shared, network(x, t, cond)) < 1e-5


@pytest.mark.parametrize("heads", [4, 2])
def test_packed_gradients_are_those_of_each_query_alone(heads: int) -> None:
    """Two contexts of two queries of two noises each, read once: weights get what eight whole sequences give them."""
    network = small("oneway", heads=heads).requires_grad_(True)
    contexts, queries, x = latents(0, CONTEXT_FRAMES, 2), latents(1, 1, 4), latents(2, 1, 8)
    t, wanted = torch.linspace(0, 1, 8), latents(3, 1, 8)
    packed = network.denoise(x, t, network.remember(queries, network.remember(contexts)))
    (packed - wanted).square().mean().backward()  # type: ignore[no-untyped-call]
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    network.zero_grad()
    for i in range(8):
        cond = torch.cat([contexts[i // 4], queries[i // 2]], 1)[None]
        found = network(x[i : i + 1], t[i : i + 1], cond)
        ((found - wanted[i : i + 1]).square().mean() / 8).backward()
    for name, parameter in network.named_parameters():
        packed_gradient = gradients[name]
        if parameter.grad is None:
            assert packed_gradient is None, name
        else:
            assert packed_gradient is not None, name
            assert relative_error(packed_gradient, parameter.grad) < 1e-4, name


def test_a_joint_model_has_no_memory() -> None:
    with pytest.raises(AssertionError, match="joint"):
        small("joint").remember(latents(0, 1))


def test_joint_context_sees_the_target() -> None:
    """What tells the two settings apart: in a joint model the condition's tokens read the target's."""
    joint, oneway = small("joint"), small("oneway")
    assert joint.state_dict().keys() == oneway.state_dict().keys()
    cond, x, t = latents(0, CONTEXT_FRAMES + 1), latents(2, 1), torch.tensor([1.0])
    assert relative_error(joint(x, t, cond), oneway(x, t, cond)) > 1e-3
