"""The path between noise and data, and the training loss."""

from __future__ import annotations

import pytest
import torch

from lavincli.flow.loss import interpolate, sample_times, velocity_loss

SHAPE = (3, 16, 1, 4, 4)


def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.randn(SHAPE, generator=random), torch.randn(SHAPE, generator=random)


def test_ends_of_the_path() -> None:
    data, noise = drawn()
    assert torch.equal(interpolate(data, noise, torch.zeros(3)), noise)
    assert torch.equal(interpolate(data, noise, torch.ones(3)), data)


def test_each_element_has_its_own_time() -> None:
    data, noise = drawn()
    mixed = interpolate(data, noise, torch.tensor([0.0, 0.25, 1.0]))
    assert torch.equal(mixed[0], noise[0])
    assert torch.allclose(mixed[1], 0.25 * data[1] + 0.75 * noise[1])
    assert torch.equal(mixed[2], data[2])


def test_the_velocity_is_the_slope_of_the_path() -> None:
    data, noise = drawn()
    early, late = (interpolate(data, noise, torch.full((3,), t)) for t in (0.3, 0.7))
    assert torch.allclose((late - early) / 0.4, data - noise, atol=1e-5)


def test_loss_is_zero_at_the_velocity_alone() -> None:
    data, noise = drawn()
    assert velocity_loss(data - noise, data - noise, l1=0.1).tolist() == [0, 0, 0]


def test_mse_and_share_of_l1() -> None:
    data, noise = drawn()
    error = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1, 1, 1)
    loss = velocity_loss(data - noise + error, data - noise, l1=0.1)
    assert loss.tolist() == pytest.approx([1.1, 4.2, 9.3], rel=1e-4)
    assert velocity_loss(data - noise - error, data - noise, l1=0.0).tolist() == pytest.approx([1, 4, 9], rel=1e-4)


def times(**shares: float) -> torch.Tensor:
    return sample_times(20_000, **shares, generator=torch.Generator().manual_seed(0))


def test_published_times_are_logit_normal() -> None:
    drawn_times = times(logit_normal=1.0, uniform=0.0)
    assert ((drawn_times > 0) & (drawn_times < 1)).all()
    logits = torch.logit(drawn_times.double())
    assert float(logits.mean()) == pytest.approx(0, abs=0.03)
    assert float(logits.std()) == pytest.approx(1, abs=0.03)


def test_uniform_times() -> None:
    quartiles = torch.quantile(times(logit_normal=0.0, uniform=1.0), torch.tensor([0.25, 0.5, 0.75]))
    assert quartiles.tolist() == pytest.approx([0.25, 0.5, 0.75], abs=0.02)


def test_mixture() -> None:
    """What is left is exactly 0; logit-normal times crowd the middle, uniform ones do not."""
    drawn_times = times(logit_normal=0.5, uniform=0.3)
    assert float((drawn_times == 0).float().mean()) == pytest.approx(0.2, abs=0.02)
    # P(0.4 < sigmoid(N) < 0.6) = P(|N| < 0.405) = 0.3149
    middle = float(((drawn_times > 0.4) & (drawn_times < 0.6)).float().mean())
    assert middle == pytest.approx(0.5 * 0.3149 + 0.3 * 0.2, abs=0.015)


def test_a_seed_gives_the_same_times() -> None:
    assert torch.equal(times(logit_normal=0.5, uniform=0.3), times(logit_normal=0.5, uniform=0.3))
