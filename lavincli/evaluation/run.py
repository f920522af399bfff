"""A whole evaluation: several tasks and data sets, one results file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any, Final

from lavincli import __version__
from lavincli.errors import CardError, LavinError, UnknownNameError
from lavincli.evaluation.answers import deciding_batch_size
from lavincli.evaluation.draws import sampling_of
from lavincli.evaluation.evaluate import TaskEvaluation
from lavincli.evaluation.failures import raise_fatal, reason_of
from lavincli.evaluation.prediction_store import FOLDER as STORE
from lavincli.evaluation.prediction_store import PredictionStore
from lavincli.evaluation.results import ModelInfo, Results, TaskFailure, TaskResult
from lavincli.evaluation.results_folder import ResultsFolder
from lavincli.evaluation.settings import EvaluationSettings
from lavincli.evaluation.sheets import TaskSheet
from lavincli.evaluation.task_tally import Listeners
from lavincli.processes import Share

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)

_LIBRARIES: Final = ("torch", "numpy", "scipy", "pillow", "torchmetrics", "pycocotools")


@dataclass(frozen=True, slots=True)
class Writing:
    """What a run leaves on disk.

    Attributes:
        output: the results folder; None: nothing but sheets is written.
        sheets: folder for a contact sheet of each task (and data set, of several), query | prediction | truth.
        pictures: how many items of each task and data set get pictures of their own in the results folder.
        overwrite: compute what an earlier run has answered again.
        command: is recorded.
    """

    output: Path | None = None
    sheets: Path | None = None
    pictures: int = 25
    overwrite: bool = False
    command: str = ""

    @property
    def store(self) -> PredictionStore | None:
        """Where the model's pictures are kept."""
        return None if self.output is None else PredictionStore(self.output / STORE, overwrite=self.overwrite)


def evaluate(
    pipeline: Pipeline,
    tasks: Sequence[Task],
    settings: EvaluationSettings | None = None,
    *,
    data: Mapping[str, Path | None] | None = None,
    writing: Writing | None = None,
    on_result: Callable[[TaskResult], None] | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Results:
    """Evaluate a model on several tasks.

    A task that can't be evaluated is logged and listed in the results; the others are done.

    Args:
        pipeline: the model.
        tasks: the tasks.
        settings: how.
        data: data sets by name and where each lies (None: where the card says), each for the tasks that have it; by
            default each task's first one.
        writing: what is written: ``results.json``, ``results.jsonl`` (a line for each item and draw), pictures.
        on_result: is given each task's result when it is there.
        on_progress: is given a task's name, how many items are finished, and of how many.

    Raises UnknownNameError for a data set that none of the tasks has.
    """
    settings, writing = settings or EvaluationSettings(), writing or Writing()
    started = time.perf_counter()
    results: list[TaskResult] = []
    failed: list[TaskFailure] = []
    store, todo = writing.store, works(tasks, data)
    with ResultsFolder(writing.output) as folder:
        for task, dataset, root in todo:
            sheet = None if writing.sheets is None else TaskSheet(task, pipeline.config.name)
            listeners = Listeners(
                item=folder.add,
                shown=None if sheet is None else sheet.add,
                progress=None if on_progress is None else _named(on_progress, task.name),
                gallery=folder.gallery(task, dataset, limit=writing.pictures),
            )
            try:
                evaluation = TaskEvaluation(
                    pipeline, task, settings, dataset=dataset, root=root, listeners=listeners, store=store
                )
                result, statistics = evaluation.run()
            except Exception as error:
                raise_fatal(error)
                reason = reason_of(error)
                told = reason if isinstance(error, LavinError) else f"{task.name}: {reason}"
                logger.error("%s", told)  # noqa: TRY400 - one line for the user; the traceback is below
                logger.debug("%s failed", task.name, exc_info=True)
                failed.append(TaskFailure(task=task.name, dataset=dataset, error=reason))
                continue
            results.append(result)
            folder.keep(result, statistics)
            if sheet is not None and writing.sheets is not None:
                sheet.write(writing.sheets, result, of_several=len(data or ()) > 1)
            if on_result is not None:
                on_result(result)
        found = Results(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=writing.command,
            model=ModelInfo(
                name=pipeline.config.name, fingerprint=pipeline.fingerprint, resolution=pipeline.config.resolution
            ),
            sampling=_sampling(pipeline, tasks, settings),
            dtype=str(pipeline.dtype).removeprefix("torch."),
            device=str(pipeline.device),
            batch_size=deciding_batch_size(pipeline, settings.batch_size),
            seed=settings.seed,
            libraries=library_versions(),
            tasks=results,
            failed=failed,
            seconds=round(time.perf_counter() - started, 3),
        )
        folder.finish(found)
    return found


def _sampling(pipeline: Pipeline, tasks: Sequence[Task], settings: EvaluationSettings) -> dict[str, Any]:
    """How the model was sampled, and under `tasks` how it was for those that are sampled in their own way."""
    most = sampling_of(pipeline, None, settings)
    found = {task.name: sampling_of(pipeline, task, settings) for task in tasks}
    own = {name: sampling.model_dump(mode="json") for name, sampling in found.items() if sampling != most}
    return most.model_dump(mode="json") | ({"tasks": own} if own else {})


def answer_share(
    pipeline: Pipeline,
    tasks: Sequence[Task],
    settings: EvaluationSettings,
    share: Share,
    *,
    data: Mapping[str, Path | None] | None = None,
    writing: Writing,
) -> None:
    """Answer a share of every task's items into the store of a results folder, and score nothing.

    Afterwards `evaluate` finds the answers there. What is wrong with a task or an item is left for it to tell.
    """
    for task, dataset, root in works(tasks, data):
        try:
            evaluation = TaskEvaluation(pipeline, task, settings, dataset=dataset, root=root, store=writing.store)
        except Exception as error:  # noqa: BLE001 - as in `evaluate`, which tells of it
            raise_fatal(error)
            logger.debug("%s", reason_of(error))
            continue
        evaluation.answer(share.numbers(evaluation.total))


def works(tasks: Sequence[Task], data: Mapping[str, Path | None] | None) -> list[tuple[Task, str | None, Path | None]]:
    """Every task with those of the data sets that it has, or where none was named with its first one.

    A task that has none of them, or whose card is bad, is there all the same: whoever evaluates it is told what is
    wrong. Raises UnknownNameError for a data set that none of the tasks has.
    """
    known = {task.name: _datasets(task) for task in tasks}
    every = {name for names in known.values() for name in names}
    for name in data or {}:
        if every and name not in every:
            raise UnknownNameError(name, kind=_data_set_of(tasks), known=every)
    found: list[tuple[Task, str | None, Path | None]] = []
    for task in tasks:
        if not data:
            found.append((task, next(iter(known[task.name]), None), None))
            continue
        own = [name for name in data if name in known[task.name]]
        found += [(task, name, data[name]) for name in own or data]
    return found


def _data_set_of(tasks: Sequence[Task]) -> str:
    return f"data set of task {tasks[0].name}" if len(tasks) == 1 else "data set of these tasks"


def _datasets(task: Task) -> list[str]:
    try:
        return task.datasets
    except CardError as error:
        logger.debug("%s", error)
        return []


def library_versions() -> dict[str, str]:
    """Versions of Python, lavin and the libraries that scores depend on."""
    versions = {"python": python_version(), "lavin": __version__}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _named(report: Callable[[str, int, int], None], name: str) -> Callable[[int, int], None]:
    return lambda done, total: report(name, done, total)
