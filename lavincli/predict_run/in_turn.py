"""Runs over the same inputs, one task after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from lavincli.predict_run.run import PredictRun


class RunsInTurn:
    """Gives each run when it is its turn; told to stop, it stops the one at work and gives no more.

    Args:
        runs: the runs, each made when it is asked for.
    """

    def __init__(self, runs: Iterable[PredictRun]) -> None:
        self._runs = runs
        self._current: PredictRun | None = None
        self._stopping = threading.Event()

    @property
    def was_stopped(self) -> bool:
        """Whether the runs were told to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Have the items in work be the last ones. For signal handlers."""
        self._stopping.set()
        if self._current is not None:
            self._current.stop()

    def __iter__(self) -> Iterator[PredictRun]:
        """The runs, to be run one after the other."""
        for run in self._runs:
            self._current = run
            if self.was_stopped:
                return
            yield run
