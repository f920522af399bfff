"""A run that is asked to stop saves itself first, and goes on as if nothing had been."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from lavincli.train.config import STVAETrainConfig
from lavincli.train.run import run
from lavincli.train.watch.stop import StoppedError, stop_signals
from lavincli.train.watch.watcher import Watcher
from tests.train.runs import log_lines, same_weights


@pytest.fixture(autouse=True)
def not_ignored() -> Iterator[None]:
    """A shell has what it starts in the background ignore Ctrl-C, and so would these tests there."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGUSR1)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Asks(Watcher):
    """Sends this process a signal after a step."""

    def __init__(self, step: int, number: int) -> None:
        self._step, self._number = step, number

    def on_step(self, step: int) -> None:
        if step == self._step:
            signal.raise_signal(self._number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_stopped_and_gone_on(stvae_config: Callable[..., STVAETrainConfig], number: signal.Signals) -> None:
    rare = {"checkpoint_seconds": 1000.0, "steps": 5}
    before = signal.getsignal(number)
    stopped = stvae_config("stopped", **rare)
    with pytest.raises(StoppedError, match=f"stopped by {number.name} after step 2, saved in .*step-00000002") as error:
        run(stopped, [Asks(2, number)])
    assert error.value.number == number
    assert signal.getsignal(number) is before
    if number == signal.SIGINT:
        whole = stvae_config("whole", **rare)
        run(whole)
        run(stopped)
        assert same_weights(whole.out, stopped.out, "stvae")
        assert [line["step"] for line in log_lines(whole.out)] == [line["step"] for line in log_lines(stopped.out)]


def test_asked_at_the_last_step_it_is_simply_done(stvae_config: Callable[..., STVAETrainConfig]) -> None:
    config = stvae_config(steps=2)
    assert (run(config, [Asks(2, signal.SIGTERM)]) / "stvae.safetensors").exists()


def test_asked_twice_it_ends_at_once() -> None:
    with stop_signals() as request:
        signal.raise_signal(signal.SIGINT)
        assert request.number == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_is_ignored_stays_ignored() -> None:
    """As below nohup."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_signals() as request:
            signal.raise_signal(signal.SIGINT)
            assert not request.is_there()
    finally:
        signal.signal(signal.SIGINT, before)
