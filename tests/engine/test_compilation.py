"""Compiled steps: one graph for all blocks of a kind, none twice, no breaks, the same answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import lavincli
from lavincli.engine.engine import Engine
from lavincli.errors import ConfigError
from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import JDiT
from tests.engine.test_engine import EXACT, latents, published
from tests.model.test_jdit import Attention
from tests.reference import relative_error

DEPTH = 3


@pytest.fixture(autouse=True)
def nothing_compiled_before() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


class Counted:
    """A backend that runs graphs as they are, and counts them."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, _: list[torch.Tensor]) -> Callable[..., Any]:
        self.graphs += 1
        forward: Callable[..., Any] = graph.forward
        return forward


def deep(attention: Attention) -> JDiT:
    torch.manual_seed(0)
    network = JDiT(JDiTConfig(hidden_size=48, depth=DEPTH, num_heads=4, kv_group=2, attention=attention))
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize(
    ("attention", "refresh", "graphs"),
    [
        ("oneway", 1, 1),  # the target's step
        ("joint", 1, 2),  # the joint step, and the last block's
        ("joint", 3, 3),  # those, and the target's step in between
    ],
)
def test_blocks_share_graphs(attention: Attention, refresh: int, graphs: int) -> None:
    """Three blocks, four steps and several batches: what was compiled first serves them all."""
    network, backend = deep(attention), Counted()
    engine = Engine(network, compiles=True, backend=backend)
    for seed in (0, 1):
        cond, noise = latents(seed, 5), latents(seed + 9, 1)
        found = engine.sample(cond, noise, guidance=1.5, grid="uniform:5", refresh=refresh)
        if refresh == 1:
            assert relative_error(found, published(network, cond, noise, guidance=1.5, grid="uniform:5")) < EXACT
        assert backend.graphs == graphs


def test_another_shape_is_another_graph() -> None:
    network, backend = deep("oneway"), Counted()
    engine = Engine(network, compiles=True, backend=backend)
    for batch in (1, 2, 2, 1):
        engine.sample(latents(0, 5, batch), latents(1, 1, batch), grid="uniform:3")
    assert backend.graphs == 2


def test_without_a_compiler(tiny_model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error where compiling was asked for, and nowhere else."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    pipeline = lavincli.load(tiny_model_directory, device="cpu")
    assert not pipeline.compiles
    with pytest.raises(ConfigError, match=r"C\+\+ compiler"):
        pipeline.compile()
    assert pipeline.sample(torch.zeros(1, 16, 3, 4, 4), grid="uniform:2").isfinite().all()
