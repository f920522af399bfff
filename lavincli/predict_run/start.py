"""From what was asked to a run that is ready to go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import tee
from pathlib import Path
from typing import Final, cast

from lavincli.predict_run.items import Item
from lavincli.predict_run.loaded import LoadedModel
from lavincli.predict_run.plan import HERE, Plan, make_plan
from lavincli.predict_run.run import Answers
from lavincli.predict_run.settings import TaskSettings
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
    folders: Sequence[str] = HERE,
    save: Sequence[str] = ("value",),
    root: Path | None = None,
    share: Share | None = None,
    null: bool = False,
) -> list[Inputs]:
    """The items of a run: files, folders and patterns (see `find_inputs`), and ``-`` for paths on stdin.

    They are given once for each of `folders`, those below `output` that all of them are answered into. Paths on stdin
    that were read for one are remembered until all have had them. Raises InputError like `make_plan`.
    """
    named = [path for path in inputs if path != STDIN]
    plan = make_plan(named, output, folders=folders, save=save, root=root, share=share) if named else None
    if len(named) == len(inputs):
        return [Inputs(plan, None) for _ in folders]
    come = tee(read_paths(cast(Pipe, sys.stdin.buffer), null=null), len(folders))
    return [
        Inputs(plan, Stream(paths, output / folder, save=save, root=root, share=share))
        for folder, paths in zip(folders, come, strict=True)
    ]


@contextmanager
def start_answers(
    asked: Sequence[TaskSettings], *, processes: int = 1, number: int | None = None
) -> Iterator[Callable[[int], Answers]]:
    """Load the model once: in this process, or in each of several ones that end with the block.

    Gives what answers with the task in a place among those asked, to be had one after the other.
    `number`: which process of its machine this one is, to choose among GPUs.
    """
    if processes > 1:
        with Workers(asked, processes) as workers:
            yield workers.answers
        return
    yield LoadedModel(asked, number).answers
