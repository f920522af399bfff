"""What every way of sampling costs, counted as it runs against what is stated: more work is a regression."""

from __future__ import annotations

import pytest
import torch

from lavincli.engine.engine import Engine
from lavincli.engine.operations import Sampling, counter, engine_operations, reference_operations
from lavincli.flow.sampler import sample
from lavincli.model.attention_kernels import attention_with_sum
from lavincli.model.presets import JDIT_PRESETS
from tests.engine.test_engine import latents
from tests.model.test_jdit import Attention, both, small
from tests.model.test_step_size import told

FRAME = 6
BATCH = 3


@pytest.fixture(scope="module", autouse=True)
def chosen_kernel() -> None:
    """The look at the attention kernel, once a process, isn't counted."""
    one = torch.zeros(1, 1, 1, 12)
    attention_with_sum(one, one, one)


def work(*, guidance: float, points: int = 5, **changes: int) -> Sampling:
    steps = points - 1
    settings = {"batch": BATCH, "context": 4 * FRAME, "frame": FRAME, "query": FRAME, "target": FRAME}
    return Sampling(**settings | changes, evaluations=steps, guided=0 if guidance == 1 else steps, points=points)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize("guidance", [1.0, 1.5])
def test_published_way(attention: Attention, guidance: float) -> None:
    network = small(attention)
    with counter() as counted, torch.inference_mode():
        sample(network, latents(0, 5, BATCH), latents(1, 1, BATCH), guidance=guidance, grid="uniform:5")
    assert counted.get_total_flops() == reference_operations(network.config, work(guidance=guidance))


@both
@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("guidance", [1.0, 1.5])
@pytest.mark.parametrize("refresh", [1, 3])
def test_engine(attention: Attention, guidance: float, packs: bool, refresh: int) -> None:
    network = small(attention)
    engine, noise = Engine(network), latents(1, 1, BATCH)
    with counter() as counted:
        cond, settings = latents(0, 5, BATCH), {"guidance": guidance, "refresh": refresh, "packs": packs}
        engine.sample(cond, noise, grid="uniform:5", **settings)  # type: ignore[arg-type]
    assert counted.get_total_flops() == engine_operations(network.config, work(guidance=guidance, refresh=refresh))


@both
@pytest.mark.parametrize("told_steps", [False, True])
def test_the_size_of_a_step_costs_an_embedding_a_point(attention: Attention, told_steps: bool) -> None:
    """Of the grid, and nothing a query: the condition knows no steps."""
    network = told(attention) if told_steps else small(attention)
    found = []
    for sampler in (engine_operations, reference_operations):
        with counter() as counted, torch.inference_mode():
            cond, noise = latents(0, 5, BATCH), latents(1, 1, BATCH)
            if sampler is engine_operations:
                Engine(network).sample(cond, noise, guidance=1.5, grid="uniform:5")
            else:
                sample(network, cond, noise, guidance=1.5, grid="uniform:5")
        assert counted.get_total_flops() == sampler(network.config, work(guidance=1.5))
        found.append(counted.get_total_flops())
    embedding = 2 * 48 * (256 + 48)
    without = network.config.model_copy(update={"step_size": False})
    assert found[0] - engine_operations(without, work(guidance=1.5)) == told_steps * 5 * embedding
    assert found[1] - reference_operations(without, work(guidance=1.5)) == told_steps * 2 * 4 * BATCH * embedding


@both
def test_engine_with_a_shared_context(attention: Attention) -> None:
    network = small(attention)
    engine = Engine(network)
    with counter() as counted:
        context = engine.context(latents(0, 4))
        engine.sample(latents(2, 1, BATCH), latents(1, 1, BATCH), context=context, guidance=1.5, grid="uniform:5")
    shared = engine_operations(network.config, work(guidance=1.5, shared=True))
    assert counted.get_total_flops() == shared
    assert shared < engine_operations(network.config, work(guidance=1.5))


def test_heun_and_an_interval_are_counted_by_evaluations() -> None:
    network = small("joint")
    with counter() as counted:
        settings = {"guidance": 1.5, "guidance_interval": (0.2, 0.6), "solver": "heun"}
        Engine(network).sample(latents(0, 5), latents(1, 1), grid="uniform:5", **settings)  # type: ignore[arg-type]
    # Places 0, 1, 1, 2, 2, 3, 3, 4; those at 0.25 and 0.5 are guided.
    expected = Sampling(1, 4 * FRAME, FRAME, FRAME, FRAME, evaluations=8, guided=4, points=5)
    assert counted.get_total_flops() == engine_operations(network.config, expected)


@both
def test_an_interval_without_a_place_of_the_grid_costs_nothing(attention: Attention) -> None:
    network = small(attention)
    settings = {"guidance": 1.5, "guidance_interval": (0.01, 0.02), "grid": "uniform:5"}
    cond, noise = latents(0, 5, BATCH), latents(1, 1, BATCH)
    with counter() as counted:
        Engine(network).sample(cond, noise, **settings)  # type: ignore[arg-type]
    assert counted.get_total_flops() == engine_operations(network.config, work(guidance=1))
    with counter() as counted, torch.inference_mode():
        sample(network, cond, noise, **settings)  # type: ignore[arg-type]
    assert counted.get_total_flops() == reference_operations(network.config, work(guidance=1))


@pytest.mark.parametrize("preset", ["3.4b", "1.0b", "0.1b"])
def test_what_it_saves_at_four_pairs_of_256_pixels(preset: str) -> None:
    """Twenty points, guidance 1.5, 64 queries of one task: the figures that the documentation may quote."""
    joint = JDIT_PRESETS[preset]
    oneway = joint.model_copy(update={"attention": "oneway"})
    asked = Sampling(64, 8 * 256, 256, 256, 256, evaluations=19, guided=19, points=20, shared=True)
    published = reference_operations(joint, asked)
    assert engine_operations(joint, asked) < 0.98 * published
    assert engine_operations(oneway, asked) < published / 5
