"""Ctrl-C and SIGTERM during a run: the items in work are finished first."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

logger = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_BY_SIGNAL: Final = 128


@dataclass(slots=True)
class Caught:
    """The first signal that came; None if none did."""

    number: int | None = None

    @property
    def exit_code(self) -> int:
        """What the process ends with: 128 and the signal's number, as shells have it."""
        return 0 if self.number is None else _BY_SIGNAL + self.number


@contextmanager
def stopping_on_signals(stop: Callable[[], None], signals: Sequence[signal.Signals] = _SIGNALS) -> Iterator[Caught]:
    """Within the block, the first Ctrl-C or SIGTERM calls `stop`, and a second one ends the process at once.

    At once is safe: files appear complete or not at all, and what has no record yet is answered again. Gives the signal
    that came. Outside of the main thread, where signals don't arrive, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield Caught()
        return
    caught = Caught()

    def handle(number: int, _frame: FrameType | None) -> None:
        if caught.number is not None:
            os._exit(_BY_SIGNAL + number)
        caught.number = number
        logger.warning("stopping when the items in work are done; once more stops at once")
        stop()

    before = {number: signal.signal(number, handle) for number in signals}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
