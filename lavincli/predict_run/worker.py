"""A process that answers items for a run in another process: ``python -m lavincli.predict_run.worker``.

It reads messages from stdin and writes messages to stdout (`lavincli.predict_run.messages`); it ends with the run.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lavincli.errors import LavinError
from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.channel import Channel, fill_in_thread
from lavincli.predict_run.items import Item
from lavincli.predict_run.messages import answered_message, read_items, send
from lavincli.predict_run.place import device_of
from lavincli.predict_run.settings import AnswerSettings, RunSettings
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
        with os.fdopen(os.dup(0), "rb") as messages:
            return _work(messages, replies)
    except (LavinError, OSError) as error:
        send(replies, {"error": str(error)})
        return 1


def _own_stdout() -> IO[bytes]:
    """The pipe to the run; what others print goes to stderr, where it does no harm."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _work(messages: IO[bytes], replies: IO[bytes]) -> int:
    asked = json.loads(messages.readline())
    answer = AnswerSettings.model_validate(asked["answer"])
    own = answer.model_copy(update={"device": device_of(asked["number"], answer.device)})
    answers = LocalAnswers(own.answerer(), RunSettings.model_validate(asked["run"]), Path(asked["output"]))
    send(replies, {"ready": answers.model})
    # How many wait here is bounded by how many the run sends before it has an answer.
    chunks: Channel[list[Item]] = Channel(_ENDLESS)
    fill_in_thread(_chunks(messages, answers), chunks, "messages")
    with stopping_on_signals(answers.stop, (signal.SIGTERM,)):
        for together in answers.answer(chunks):
            send(replies, answered_message(together))
    return 0


def _chunks(messages: IO[bytes], answers: LocalAnswers) -> Iterator[list[Item]]:
    for line in messages:
        message: dict[str, Any] = json.loads(line)
        if "end" in message:
            return
        if "stop" in message:
            answers.stop()
            return
        yield read_items(message)
    os._exit(1)  # the run has been killed: nobody is there to write down what would still be answered


if __name__ == "__main__":
    sys.exit(main())
