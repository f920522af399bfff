"""Compiled blocks in training: one graph for all blocks, the same velocity and the same gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lavincli.errors import ConfigError
from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import JDiT
from lavincli.registry import task
from lavincli.train.compiled_blocks import compile_blocks
from lavincli.train.config import JDiTTrainConfig
from lavincli.train.plan.shapes import batch_shapes, clip_lengths
from lavincli.train.recipe import read_recipe
from tests.model.test_jdit import Attention
from tests.reference import relative_error

CPU = torch.device("cpu")
DEPTH = 3
EXACT = 1e-5
# Dynamo looks at the gradient of every input, of those too that have none, and hides the warning unless it is an error.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


@pytest.fixture(autouse=True)
def nothing_compiled_before() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


class Counted:
    """A backend that runs graphs as they are, and counts them."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, _: list[Tensor]) -> Callable[..., Any]:
        self.graphs += 1
        forward: Callable[..., Any] = graph.forward
        return forward


def network(attention: Attention) -> JDiT:
    torch.manual_seed(0)
    jdit = JDiT(JDiTConfig(hidden_size=48, depth=DEPTH, num_heads=4, kv_group=2, attention=attention))
    for parameter in jdit.parameters():
        nn.init.normal_(parameter, std=0.1)
    return jdit


def velocity(jdit: JDiT, pairs: int) -> Tensor:
    torch.manual_seed(pairs)
    context, query, x = (torch.randn(n, 16, frames, 4, 4) for n, frames in ((1, 2 * pairs), (2, 1), (4, 1)))
    t = torch.rand(4)
    if jdit.config.attention == "oneway":
        return jdit.denoise(x, t, jdit.remember(query, jdit.remember(context)))
    out: Tensor = jdit(x, t, torch.cat([context.expand(4, -1, -1, -1, -1), query.repeat_interleave(2, 0)], 2))
    return out


@pytest.mark.parametrize(("attention", "graphs"), [("oneway", (5, 9)), ("joint", (1, 2))])
def test_same_gradients(attention: Attention, graphs: tuple[int, int]) -> None:
    """One-way: context, query and target, and the last block's keys and values of the first two.

    Then a longer context, which leaves the last block's keys and values of the query as they are.
    """
    plain, backend = network(attention), Counted()
    quick = copy.deepcopy(plain)
    compile_blocks(quick, CPU, backend=backend)
    for pairs, expected in zip((1, 2), graphs, strict=True):
        found = []
        for jdit in (plain, quick):
            jdit.zero_grad()
            out = velocity(jdit, pairs)
            out.square().mean().backward()  # type: ignore[no-untyped-call]
            found.append([out.detach(), *(p.grad for p in jdit.parameters() if p.grad is not None)])
        assert max(relative_error(b, a) for a, b in zip(*found, strict=True)) < EXACT
        assert backend.graphs == expected
    velocity(quick, 1)
    assert backend.graphs == graphs[-1]


@pytest.mark.parametrize("name", ["tiny-jdit", "tiny-jdit-128", "jdit-0.1b"])
def test_no_recipe_has_more_shapes_than_may_be_compiled(name: str) -> None:
    """At PyTorch's limit a run would end with an error, hours after it began."""
    compile_blocks(network("oneway"), CPU, backend=Counted())
    recipe = read_recipe(name)
    assert isinstance(recipe, JDiTTrainConfig)
    lengths = clip_lengths({task_name: task(task_name) for task_name in recipe.data.tasks}, recipe.data)
    sizes = dict.fromkeys((128, 192, 256), 1.0)
    data = recipe.data.model_copy(update={"other_sizes": sizes})
    mixed = recipe.model_copy(
        update={"data": data, "sequence": recipe.sequence.model_copy(update={"pair_counts": None})}
    )
    # Of a shape context, query and target have a graph each, and others while nobody asks for gradients.
    graphs = 2 * 3 * len(batch_shapes(mixed, lengths))
    limits: Any = torch._dynamo.config
    assert 256 < graphs < min(limits.recompile_limit, limits.accumulated_recompile_limit) / 10


@pytest.mark.parametrize("distributed", [{"activation_checkpointing": True}, {"zero_stage": 3}])
def test_what_does_not_go_together(jdit_config: Callable[..., JDiTTrainConfig], distributed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="compile"):
        jdit_config(stvae="unread", compile=True, distributed=distributed, optimizer={"learning_rate": 1e-3})
