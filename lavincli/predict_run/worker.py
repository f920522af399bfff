"""A process that answers items for a run in another process: ``python -m lavincli.predict_run.worker``.

It reads messages from stdin and writes messages to stdout (`lavincli.predict_run.messages`); it ends with the run.
The model is loaded once, and answers for one task after the other.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, Any

from lavincli.errors import LavinError
from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.channel import Channel, fill_in_thread
from lavincli.predict_run.items import Item
from lavincli.predict_run.loaded import LoadedModel
from lavincli.predict_run.messages import answered_message, read_items, send
from lavincli.predict_run.settings import TaskSettings
from lavincli.predict_run.signals import stopping_on_signals

_ENDLESS = 1 << 30


def main() -> int:
    """Answer what comes; returns the exit code."""
    from lavincli.cli.logs import configure_logging

    configure_logging(0)
    logging.getLogger("lavincli").setLevel(logging.WARNING)
    # Ctrl-C reaches all processes of a terminal; the run says what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = _own_stdout()
    try:
        # Never closed: that would wait for the thread that reads messages, which may be waiting for one.
        return _work(os.fdopen(os.dup(0), "rb"), replies)
    except (LavinError, OSError) as error:
        send(replies, {"error": str(error)})
        return 1


def _own_stdout() -> IO[bytes]:
    """The pipe to the run; what others print goes to stderr, where it does no harm."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _work(messages: IO[bytes], replies: IO[bytes]) -> int:
    first = json.loads(messages.readline())
    model = LoadedModel([TaskSettings.model_validate(one) for one in first["asked"]], first["number"])
    send(replies, {"ready": model.name})
    for line in messages:
        message: dict[str, Any] = json.loads(line)
        if "begin" not in message or not _answer(model.answers(message["begin"]), messages, replies):
            break
        send(replies, {"ended": True})
    return 0


def _answer(answers: LocalAnswers, messages: IO[bytes], replies: IO[bytes]) -> bool:
    """Answer the items of one task; False if these were the last ones of all."""
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        answers.stop()

    # How many wait here is bounded by how many the run sends before it has an answer.
    chunks: Channel[list[Item]] = Channel(_ENDLESS)
    fill_in_thread(_chunks(messages, stop), chunks, "messages")
    with stopping_on_signals(stop, (signal.SIGTERM,)):
        for together in answers.answer(chunks):
            send(replies, answered_message(together))
    return not stopped.is_set()


def _chunks(messages: IO[bytes], stop: Callable[[], None]) -> Iterator[list[Item]]:
    for line in messages:
        message: dict[str, Any] = json.loads(line)
        if "end" in message:
            return
        if "stop" in message:
            stop()
            return
        yield read_items(message)
    os._exit(1)  # the run has been killed: nobody is there to write down what would still be answered


if __name__ == "__main__":
    sys.exit(main())
