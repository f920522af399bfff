"""Ctrl-C, and what a scheduler sends before it takes the machine away: a run saves itself first."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lavincli.errors import LavinError

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
_TOLD = "%s: stopping after this step with a checkpoint; once more, and it ends at once without one"


class StoppedError(LavinError):
    """A run was asked to stop, and has saved a checkpoint.

    Args:
        step: steps done.
        path: the checkpoint.
        number: the signal; SIGTERM where another process was asked.
    """

    def __init__(self, step: int, path: Path, number: int) -> None:
        self.step, self.path, self.number = step, path, number
        name = signal.Signals(number).name
        super().__init__(f"stopped by {name} after step {step}, saved in {path}; run the same command again to go on")


class StopRequest:
    """Whether this process was asked to stop.

    Attributes:
        number: the signal that asked.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def is_there(self) -> bool:
        """Whether it was."""
        return self.number is not None

    def _take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signals call it
        """The first signal asks; the next one does what signals do."""
        if self.number is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        if self.number is not None and number == signal.SIGTERM:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.number = number
        # By a thread: whatever this one was just doing may have been writing a line of the log.
        threading.Thread(target=log.info, args=(_TOLD, signal.Signals(number).name), daemon=True).start()


@contextmanager
def stop_signals() -> Iterator[StopRequest]:
    """Within the block SIGINT, SIGTERM and SIGUSR1 are noted, for the loop to stop after a step.

    One of the first two that comes again ends the process at once. What was set before for a signal is set again at the
    end. One that is ignored, as nohup does, stays ignored; and outside the main thread, where none can be received,
    nothing is done.
    """
    request = StopRequest()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, request._take)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
