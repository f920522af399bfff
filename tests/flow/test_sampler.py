"""Sampling: golden runs, guidance, the same answer however the model attends."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lavincli.errors import ConfigError
from lavincli.flow.sampler import sample
from lavincli.flow.time_grid import time_grid
from tests.model.test_jdit import Attention, both, small
from tests.reference import cases, reference_jdit, reference_stvae, relative_error

TOLERANCE = 1e-3


def golden_run(guidance: float, points: int) -> Tensor:
    golden = cases()
    return sample(reference_jdit(), golden["sample.cond"], golden["sample.noise"], guidance=guidance, grid=points)


@pytest.mark.parametrize(("guidance", "points"), [(1.0, 20), (1.5, 20), (1.5, 30)])
def test_golden_latents(guidance: float, points: int) -> None:
    expected = cases()[f"sample.latent.cfg{guidance}.grid{points}"]
    assert relative_error(golden_run(guidance, points), expected) < TOLERANCE


def test_golden_picture() -> None:
    """From pixels to pixels: encoded, sampled, decoded."""
    golden, stvae = cases(), reference_stvae()
    pixels = golden["sample.pixels"]
    frames = [stvae.normalise(stvae.encode(pixels[:, :, i : i + 1]).mean) for i in range(pixels.shape[2])]
    latents = sample(reference_jdit(), torch.cat(frames, 2), golden["sample.noise"], guidance=1.5, grid=20)
    picture = stvae.decode(stvae.denormalise(latents))
    assert relative_error(picture, golden["sample.image.cfg1.5.grid20"]) < TOLERANCE


@both
def test_one_step_of_each_rule(attention: Attention) -> None:
    """With two points the answer is the noise plus the guided velocity at t = 0."""
    network = small(attention)
    cond, noise = torch.randn(2, 16, 3, 4, 4), torch.randn(2, 16, 1, 4, 4)
    zero = torch.zeros(2)
    null = torch.cat([torch.zeros(2, 16, 1, 4, 4), cond[:, :, -1:]], 2)
    with_context, without = network(noise, zero, cond), network(noise, zero, null)
    assert relative_error(sample(network, cond, noise, grid="uniform:2"), noise + with_context) < 1e-5
    guided = sample(network, cond, noise, grid="uniform:2", guidance=2.5)
    assert relative_error(guided, noise + without + 2.5 * (with_context - without)) < 1e-5
    assert relative_error(sample(network, cond, noise, grid="uniform:2", guidance=0.0), noise + without) < 1e-5


@both
def test_euler_by_hand(attention: Attention) -> None:
    """The one-way model's memory, filled once, gives what a fresh call at every step would."""
    network = small(attention)
    cond, noise = torch.randn(1, 16, 5, 4, 4), torch.randn(1, 16, 1, 4, 4)
    x = noise
    times = time_grid(20).tolist()
    for i, now in enumerate(times[:-1]):
        x = x + (times[i + 1] - now) * network(x, torch.tensor([now]), cond)
    assert relative_error(sample(network, cond, noise), x) < 1e-4


@both
def test_a_query_without_context(attention: Attention) -> None:
    network = small(attention)
    query, noise = torch.randn(1, 16, 1, 4, 4), torch.randn(1, 16, 1, 4, 4)
    assert sample(network, query, noise, guidance=1.5, grid="uniform:3").isfinite().all()


@both
def test_video_null_condition_keeps_the_whole_query(attention: Attention) -> None:
    """The query is as many of the last frames as there are frames of noise."""
    network = small(attention)
    cond, noise = torch.randn(1, 16, 6, 4, 4), torch.randn(1, 16, 2, 4, 4)
    null = torch.cat([torch.zeros(1, 16, 1, 4, 4), cond[:, :, -2:]], 2)
    without = sample(network, null, noise, grid="uniform:3")
    assert relative_error(sample(network, cond, noise, grid="uniform:3", guidance=0.0), without) < 1e-5


def test_unknown_solver_and_grid() -> None:
    network, cond, noise = small("joint"), torch.zeros(1, 16, 1, 4, 4), torch.zeros(1, 16, 1, 4, 4)
    with pytest.raises(ConfigError, match="solver 'rk4': known are euler, heun, ab2"):
        sample(network, cond, noise, solver="rk4")
    with pytest.raises(ConfigError, match="grid 'cosine:4'"):
        sample(network, cond, noise, grid="cosine:4")


@both
@pytest.mark.parametrize(
    ("cond", "noise"),
    [
        ((1, 16, 3, 4, 4), (1, 16, 1, 4, 6)),
        ((1, 16, 3, 4, 4), (2, 16, 1, 4, 4)),
        ((2, 16, 3, 4, 4), (3, 16, 1, 4, 4)),
        ((1, 16, 3, 3, 4), (1, 16, 1, 3, 4)),
        ((1, 16, 3, 4), (1, 16, 1, 4, 4)),
        ((1, 8, 3, 4, 4), (1, 16, 1, 4, 4)),
    ],
)
def test_shapes_that_do_not_belong_together(
    attention: Attention, cond: tuple[int, ...], noise: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"must be|belong together"):
        sample(small(attention), torch.zeros(cond), torch.zeros(noise), grid="uniform:2")
