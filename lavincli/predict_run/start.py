"""From what was asked to a run that is ready to go."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.items import Item
from lavincli.predict_run.place import device_of
from lavincli.predict_run.plan import Plan, make_plan
from lavincli.predict_run.run import Answers
from lavincli.predict_run.settings import AnswerSettings, RunSettings
from lavincli.predict_run.stream import Pipe, Stream, read_paths
from lavincli.predict_run.workers import Workers
from lavincli.processes import Share

STDIN: Final = Path("-")


class Inputs:
    """What was named, and what comes through a pipe after it.

    Attributes:
        plan: the items that are known; None if there is only the pipe.
        stream: the others; None if there is no pipe.
    """

    def __init__(self, plan: Plan | None, stream: Stream | None) -> None:
        self.plan, self.stream = plan, stream

    @property
    def count(self) -> int | None:
        """How many items there are; None while a pipe may bring more."""
        return len(self.plan or ()) if self.stream is None else None

    def chunks(self, size: int) -> Iterator[list[Item]]:
        """See `Source`."""
        for source in (self.plan, self.stream):
            if source is not None:
                yield from source.chunks(size)


def find_items(
    inputs: Sequence[Path],
    output: Path,
    *,
    save: Sequence[str] = ("value",),
    root: Path | None = None,
    share: Share | None = None,
    null: bool = False,
) -> Inputs:
    """The items of a run: files, folders and patterns (see `find_inputs`), and ``-`` for paths on stdin.

    Raises InputError like `make_plan`.
    """
    named = [path for path in inputs if path != STDIN]
    plan = make_plan(named, output, save=save, root=root, share=share) if named else None
    if len(named) == len(inputs):
        return Inputs(plan, None)
    return Inputs(
        plan, Stream(read_paths(cast(Pipe, sys.stdin.buffer), null=null), output, save=save, root=root, share=share)
    )


@contextmanager
def start_answers(
    answer: AnswerSettings, settings: RunSettings, output: Path, *, processes: int = 1, number: int | None = None
) -> Iterator[Answers]:
    """Load the model: in this process, or in each of several ones that end with the block.

    `number`: which process of its machine this one is, to choose among GPUs.
    """
    if processes > 1:
        with Workers(answer, settings, output, processes) as workers:
            yield workers
        return
    own = answer.model_copy(update={"device": device_of(number, answer.device)})
    yield LocalAnswers(own.answerer(), settings, output)
