"""Ctrl-C and SIGTERM during a run: the items in work are finished first."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

logger = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_INTERRUPTED: Final = 130


@contextmanager
def stopping_on_signals(stop: Callable[[], None], signals: Sequence[signal.Signals] = _SIGNALS) -> Iterator[None]:
    """Within the block, the first Ctrl-C or SIGTERM calls `stop`, and a second one ends the process at once.

    At once is safe: files appear complete or not at all, and what has no record yet is answered again.
    Outside of the main thread, where signals don't arrive, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            os._exit(_INTERRUPTED)
        told = True
        logger.warning("stopping when the items in work are done; once more stops at once")
        stop()

    before = {number: signal.signal(number, handle) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
