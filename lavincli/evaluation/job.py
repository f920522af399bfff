"""What ``lavin eval`` does: one evaluation or a study, alone or with the help of other processes."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lavincli.errors import LavinError
from lavincli.evaluation.asked import Asked
from lavincli.evaluation.results import Results, TaskResult
from lavincli.evaluation.run import Writing, answer_share, evaluate
from lavincli.evaluation.sweep import PLOTS, Study, run_study
from lavincli.processes import run_processes, share_of_launcher, without_option

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)


class EvaluationJob:
    """An evaluation as it was asked for.

    Args:
        tasks: what is evaluated, with the data sets in ``data``.
        asked: the model and the settings.
        writing: what is left on disk.
        data: places of data sets by name; None: each task's first one.
        on_result, on_progress: as `lavincli.evaluation.run.evaluate` takes them.

    Attributes:
        writing: what is left on disk; helping processes write into its output.
        left_out: whether a value of the study could not be evaluated.
        value: of the study, which one is being evaluated: ``pairs=1`` and so on; empty without a study.
        values: those that were evaluated.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        asked: Asked,
        writing: Writing,
        data: Mapping[str, Path | None] | None = None,
        *,
        on_result: Callable[[TaskResult], None] | None = None,
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self._tasks, self._asked, self._data = tasks, asked, data
        self.writing = writing
        self._on_result, self._on_progress = on_result, on_progress
        self.left_out = False
        self.value = ""
        self.values: list[str] = []

    def evaluate(self) -> Results:
        """One evaluation."""
        return self._evaluate(self._asked.load(), self._asked, self.writing)

    def study(self, text: str) -> list[Results]:
        """An evaluation for each value of ``pairs=1,2,4`` or the like, with curves, a CSV and plots beside them."""
        output = self.writing.output
        assert output is not None, "a study has a folder"
        study = Study.parse(text)

        def one(pipeline: Pipeline, asked: Asked, folder: Path) -> Results:
            self.value = f"{study.parameter}={getattr(asked, study.parameter)}"
            sheets = None if self.writing.sheets is None else self.writing.sheets / folder.name
            return self._evaluate(pipeline, asked, replace(self.writing, output=folder, sheets=sheets))

        sweep, found = run_study(study, self._asked, output, one, command=self.writing.command)
        from lavincli.report.plots import plot_sweep

        plot_sweep(sweep, output / PLOTS)
        self.left_out = bool(sweep.failed)
        self.values = [f"{sweep.parameter}={point.value}" for point in sweep.points]
        return found

    def answer(self, shard: str, study: str | None) -> None:
        """Only answer this share, ``i/n``, of the items of the evaluation or the study."""
        share = share_of_launcher(shard)
        output = self.writing.output
        assert output is not None, "answers are kept in a folder"
        points = [("", self._asked, output)]
        if study is not None:
            points = list(Study.parse(study).points(self._asked, output))
        for value, asked, folder in points:
            try:
                pipeline = asked.load()
                settings = asked.settings(pipeline)
            except LavinError as error:
                if study is None:
                    raise
                # The other values are answered all the same; whoever scores this one tells of it.
                logger.debug("%s: %s", value, error)
                continue
            writing = replace(self.writing, output=folder)
            answer_share(pipeline, self._tasks, settings, share, data=self._data, writing=writing)

    @contextmanager
    def processes(self, arguments: Sequence[str], count: int) -> Iterator[None]:
        """Have ``count`` processes answer the items first; ``arguments`` are those of the command.

        Without an output folder a temporary one holds their answers until the block ends.
        Raises LavinError if a process failed.
        """
        if count == 1:
            yield
            return
        with tempfile.TemporaryDirectory(prefix="lavin-eval-") as temporary:
            given = self.writing
            words = without_option(arguments, "--nproc")
            if given.output is None:
                words = [*words, "--output", temporary]
                self.writing = replace(given, output=Path(temporary))
            run_processes(words, count)
            # They have computed everything anew if that was asked for.
            self.writing = replace(self.writing, overwrite=False)
            yield
            self.writing = given

    def _evaluate(self, pipeline: Pipeline, asked: Asked, writing: Writing) -> Results:
        return evaluate(
            pipeline,
            self._tasks,
            asked.settings(pipeline),
            data=self._data,
            writing=writing,
            on_result=self._on_result,
            on_progress=self._on_progress,
        )
