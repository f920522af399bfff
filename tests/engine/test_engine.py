"""The exact engine gives what the published way gives, whatever the settings; and follows weights that change."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lavincli.engine.engine import Engine
from lavincli.errors import ConfigError
from lavincli.flow.sampler import sample
from lavincli.model.jdit import JDiT
from tests.model.test_jdit import Attention, both, small
from tests.model.test_step_size import told
from tests.reference import cases, reference_jdit, relative_error

EXACT = 1e-5


def latents(seed: int, frames: int, batch: int = 1) -> Tensor:
    return torch.randn(batch, 16, frames, 4, 6, generator=torch.Generator().manual_seed(seed))


def published(network: JDiT, cond: Tensor, noise: Tensor, **settings: object) -> Tensor:
    with torch.inference_mode():
        return sample(network, cond, noise, **settings)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"guidance": 1.5},
        {"guidance": 1.5, "guidance_interval": (0.2, 0.8)},
        {"guidance": 3.0, "solver": "heun"},
        {"guidance": 0.0, "solver": "ab2", "grid": "shifted:5:3"},
        {"guidance": 1.5, "query_frames": 2},
    ],
)
def test_the_same_answers(attention: Attention, packs: bool, batch: int, settings: dict[str, object]) -> None:
    network = small(attention)
    cond, noise = latents(0, 5, batch), latents(1, 1, batch)
    given = {"grid": "uniform:5"} | settings
    expected = published(network, cond, noise, **given)
    found = Engine(network).sample(cond, noise, packs=packs, **given)  # type: ignore[arg-type]
    assert relative_error(found, expected) < EXACT


@both
@pytest.mark.parametrize("settings", [{"grid": "shifted:5:3"}, {"solver": "heun"}, {"solver": "ab2"}])
def test_step_sizes_are_told(attention: Attention, settings: dict[str, object]) -> None:
    """Those of the grid, to Euler's steps; the others ask for the velocity at a place."""
    network = told(attention)
    cond, noise = latents(0, 5, 2), latents(1, 1, 2)
    given = {"grid": "uniform:4", "guidance": 1.5} | settings
    expected = published(network, cond, noise, **given)
    engine = Engine(network)
    assert relative_error(engine.sample(cond, noise, **given), expected) < EXACT  # type: ignore[arg-type]
    untold = published(small(attention), cond, noise, **given)
    assert relative_error(untold, expected) > 1e-3
    steps: list[Tensor] = []
    assert network.step_embedder is not None
    network.step_embedder.register_forward_pre_hook(lambda _, given: steps.append(given[0][0]))
    published(network, cond, noise, **given | {"guidance": 1.0})
    if "solver" in settings:
        assert not any(steps)
    else:
        assert sum(steps) == pytest.approx(1.0)
        assert steps == sorted(steps)
    # One engine serves both: a table for each kind of steps.
    other = {"grid": given["grid"], "solver": "euler" if "solver" in settings else "ab2"}
    assert relative_error(engine.sample(cond, noise, **other), published(network, cond, noise, **other)) < EXACT  # type: ignore[arg-type]


@pytest.mark.parametrize(("guidance", "points"), [(1.0, 20), (1.5, 30)])
def test_golden_latents(guidance: float, points: int) -> None:
    golden, network = cases(), reference_jdit()
    found = Engine(network).sample(golden["sample.cond"], golden["sample.noise"], guidance=guidance, grid=points)
    assert relative_error(found, golden[f"sample.latent.cfg{guidance}.grid{points}"]) < 1e-3
    expected = published(network, golden["sample.cond"], golden["sample.noise"], guidance=guidance, grid=points)
    assert relative_error(found, expected) < EXACT


@both
def test_queries_of_one_context(attention: Attention) -> None:
    """A context read once serves batches of queries: each gets what its own whole condition gives."""
    network = small(attention)
    engine, shared = Engine(network), latents(0, 4)
    context = engine.context(shared)
    for seed, batch in ((1, 3), (2, 1)):
        queries, noise = latents(seed, 1, batch), latents(seed + 9, 1, batch)
        cond = torch.cat([shared.expand(batch, -1, -1, -1, -1), queries], 2)
        expected = published(network, cond, noise, guidance=1.5, grid="uniform:4")
        found = engine.sample(queries, noise, context=context, guidance=1.5, grid="uniform:4")
        assert relative_error(found, expected) < EXACT


@both
def test_a_query_alone_and_a_longer_answer(attention: Attention) -> None:
    network = small(attention)
    for frames, answer in ((1, 1), (2, 2), (1, 3)):
        query, noise = latents(0, frames), latents(1, answer)
        expected = published(network, query, noise, guidance=1.5, grid="uniform:3")
        assert relative_error(Engine(network).sample(query, noise, guidance=1.5, grid="uniform:3"), expected) < EXACT


@both
def test_weights_that_change_are_followed(attention: Attention) -> None:
    network = small(attention)
    engine, cond, noise = Engine(network), latents(0, 5), latents(1, 1)
    before = engine.sample(cond, noise, guidance=1.5, grid="uniform:3")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.1)
    after = engine.sample(cond, noise, guidance=1.5, grid="uniform:3")
    assert relative_error(after, before) > 1e-3
    expected = published(network, cond, noise, guidance=1.5, grid="uniform:3")
    assert relative_error(after, expected) < EXACT


def test_weights_made_in_inference_mode() -> None:
    """PyTorch counts nothing of them; a model loaded in it answers all the same."""
    with torch.inference_mode():
        network = small("oneway")
    cond, noise = latents(0, 5), latents(1, 1)
    found = Engine(network).sample(cond, noise, grid="uniform:3")
    assert relative_error(found, published(network, cond, noise, grid="uniform:3")) < EXACT


def test_refreshing_the_condition_is_exact_at_one_and_near_above() -> None:
    """The rarer a joint model's condition is read, the farther the answer; a one-way model's doesn't change."""
    network = small("joint")
    cond, noise = latents(0, 5, 2), latents(1, 1, 2)
    settings = {"guidance": 1.5, "grid": "uniform:9"}
    exact = published(network, cond, noise, **settings)
    errors = [
        relative_error(Engine(network).sample(cond, noise, refresh=refresh, **settings), exact)  # type: ignore[arg-type]
        for refresh in (1, 2, 8)
    ]
    assert errors[0] < EXACT
    assert EXACT < errors[1] < errors[2] < 1
    oneway = small("oneway")
    exact = published(oneway, cond, noise, **settings)
    assert relative_error(Engine(oneway).sample(cond, noise, refresh=8, **settings), exact) < EXACT  # type: ignore[arg-type]


def test_refreshing_with_guidance_in_an_interval() -> None:
    """A pass that sets in late reads its own condition then, whenever the other one did."""
    network = small("joint")
    cond, noise = latents(0, 5), latents(1, 1)
    settings = {"guidance": 1.5, "grid": "uniform:9", "guidance_interval": (0.3, 0.7)}
    exact = published(network, cond, noise, **settings)
    found = Engine(network).sample(cond, noise, refresh=2, **settings)  # type: ignore[arg-type]
    assert EXACT < relative_error(found, exact) < 0.5


@both
def test_bfloat16_is_as_near_as_the_published_way(attention: Attention) -> None:
    network = small(attention)
    cond, noise = latents(0, 5), latents(1, 1)
    exact = published(network, cond, noise, guidance=1.5)
    rounded = network.bfloat16()
    expected = relative_error(published(rounded, cond, noise, guidance=1.5), exact)
    assert relative_error(Engine(rounded).sample(cond, noise, guidance=1.5), exact) < 2 * expected + 1e-3


def test_mistakes() -> None:
    engine, query, noise = Engine(small("oneway")), latents(0, 1), latents(1, 1)
    with pytest.raises(ConfigError, match="solver 'rk4'"):
        engine.sample(query, noise, solver="rk4")
    with pytest.raises(ValueError, match="refresh 0"):
        engine.sample(query, noise, refresh=0)
    context = engine.context(latents(2, 4))
    with pytest.raises(ValueError, match="the query's 1 alone"):
        engine.sample(latents(0, 5), noise, context=context, query_frames=1)
    with pytest.raises(ValueError, match="a context at"):
        engine.sample(torch.zeros(1, 16, 1, 4, 4), torch.zeros(1, 16, 1, 4, 4), context=context)
    with pytest.raises(ValueError, match=r"must be \[1, 16, Tc, h, w\], got \(2, 16"):
        engine.context(latents(2, 4, batch=2))
    with pytest.raises(ValueError, match="belong together"):
        engine.sample(query, latents(1, 1, 2))
