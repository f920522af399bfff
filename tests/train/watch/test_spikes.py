"""What is a spike: judged by the steps before, the same by everybody who saw them."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lavincli.train.engine import LARGEST
from lavincli.train.watch.settings import GuardConfig
from lavincli.train.watch.spikes import Limits, Spikes


def seen(config: GuardConfig, steps: list[tuple[float, float]]) -> Spikes:
    spikes = Spikes(config)
    for loss, gradient in steps:
        limits = spikes.limits()
        spikes.add(loss, gradient, taken=loss <= limits.loss and gradient <= limits.gradient)
    return spikes


def noisy(count: int, seed: int = 0) -> list[tuple[float, float]]:
    """A loss that falls, with much noise."""
    draw = random.Random(seed)
    return [(draw.lognormvariate(-i / 300, 0.4), draw.lognormvariate(0, 0.5)) for i in range(count)]


def test_noise_is_no_spike() -> None:
    for seed in range(5):
        assert seen(GuardConfig(), noisy(600, seed)).skipped() == 0


@pytest.mark.parametrize("spike", [(40.0, 1.0), (1.0, 80.0), (math.nan, 1.0), (1.0, math.inf), (math.inf, math.nan)])
def test_spikes_are_seen_and_leave_the_limits_alone(spike: tuple[float, float]) -> None:
    config = GuardConfig()
    spikes = seen(config, noisy(200))
    before = spikes.limits()
    after = seen(config, [*noisy(200), spike])
    assert after.skipped() == 1
    assert after.since_first_skipped() == 1
    assert after.limits().loss == pytest.approx(before.loss, rel=0.05)


def test_a_run_that_begins_has_no_limits_but_that_of_numbers() -> None:
    config = GuardConfig(history=10)
    assert seen(config, noisy(4)).limits() == Limits(LARGEST, LARGEST)
    assert seen(config, noisy(5)).limits().loss < LARGEST
    assert seen(config, [(math.nan, 1.0)]).skipped() == 1


def test_null_turns_a_limit_off() -> None:
    spikes = seen(GuardConfig(loss_deviations=None, gradient_factor=None), noisy(100))
    assert spikes.limits() == Limits(LARGEST, LARGEST)


def test_a_loss_that_stands_still_may_move_a_little() -> None:
    spikes = seen(GuardConfig(), [(1.0, 1.0)] * 100)
    assert spikes.limits().loss == pytest.approx(1.3)


def test_another_loss_is_compared_with_nothing_before() -> None:
    spikes = seen(GuardConfig(), noisy(100))
    spikes.forget()
    assert spikes.limits() == Limits(LARGEST, LARGEST)


Numbers = st.one_of(st.floats(0, 100), st.just(math.nan), st.just(math.inf))


@given(st.lists(st.tuples(Numbers, Numbers), max_size=40), st.integers(4, 20))
def test_its_state_says_all(steps: list[tuple[float, float]], history: int) -> None:
    """One that goes on from a state judges as one that saw the steps itself."""
    config = GuardConfig(history=history)
    whole = seen(config, steps)
    again = Spikes(config)
    again.load(whole.state)
    assert torch.allclose(again.state, whole.state, rtol=0, atol=0, equal_nan=True)
    assert again.limits() == whole.limits()
    assert again.skipped() == whole.skipped()


def test_a_shorter_history_takes_what_is_newest() -> None:
    long = seen(GuardConfig(history=50), noisy(50))
    short = Spikes(GuardConfig(history=10))
    short.load(long.state)
    assert torch.equal(short.state, long.state[-10:])
