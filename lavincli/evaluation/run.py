"""A whole evaluation: several tasks and data sets, one results file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Final

from lavincli import __version__
from lavincli.atomic import atomic_write_text
from lavincli.errors import LavinError
from lavincli.evaluation.evaluate import EvaluationSettings, evaluate_task
from lavincli.evaluation.results import ItemResult, ModelInfo, Results, TaskFailure, TaskResult
from lavincli.evaluation.sheets import TaskSheet

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)

RESULTS_FILE: Final = "results.json"
ITEMS_FILE: Final = "results.jsonl"
_LIBRARIES: Final = ("torch", "numpy", "scipy", "pillow", "torchmetrics")


def evaluate(
    pipeline: Pipeline,
    tasks: Sequence[Task],
    settings: EvaluationSettings | None = None,
    *,
    data: Mapping[str, Path | None] | None = None,
    output: Path | None = None,
    sheets: Path | None = None,
    command: str = "",
    on_result: Callable[[TaskResult], None] | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Results:
    """Evaluate a model on several tasks.

    A task that can't be evaluated is logged and listed in the results; the others are done.

    Args:
        pipeline: the model.
        tasks: the tasks.
        settings: how.
        data: data sets by name and where each lies (None: where the card says); by default each task's first one.
        output: folder for ``results.json`` and ``results.jsonl`` (a line for each item and draw); none are written
            without it.
        sheets: folder for a contact sheet of each task, query | prediction | truth.
        command: is recorded.
        on_result: is given each task's result when it is there.
        on_progress: is given a task's name, how many items are finished, and of how many.
    """
    settings = settings or EvaluationSettings()
    started = time.perf_counter()
    results: list[TaskResult] = []
    failed: list[TaskFailure] = []
    with ExitStack() as stack:
        report: Callable[[ItemResult], None] | None = None
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            lines = stack.enter_context((output / ITEMS_FILE).open("w", encoding="utf-8"))

            def report(item: ItemResult) -> None:
                lines.write(item.model_dump_json() + "\n")
                lines.flush()

        places: list[tuple[str | None, Path | None]] = [(None, None)] if not data else list(data.items())
        for task in tasks:
            for dataset, root in places:
                sheet = None if sheets is None else TaskSheet(task, pipeline.config.name)
                try:
                    result = evaluate_task(
                        pipeline,
                        task,
                        settings,
                        dataset=dataset,
                        root=root,
                        on_item=report,
                        on_shown=None if sheet is None else sheet.add,
                        on_progress=None if on_progress is None else _named(on_progress, task.name),
                    )
                except LavinError as error:
                    logger.error("%s", error)  # noqa: TRY400 - a line for the user, who can mend it
                    failed.append(TaskFailure(task=task.name, error=str(error)))
                    continue
                results.append(result)
                if sheet is not None and sheets is not None:
                    sheet.write(sheets, result)
                if on_result is not None:
                    on_result(result)
    found = Results(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        model=ModelInfo(
            name=pipeline.config.name, fingerprint=pipeline.fingerprint, resolution=pipeline.config.resolution
        ),
        sampling=(settings.sampling or pipeline.config.sampling).model_dump(mode="json"),
        dtype=str(pipeline.dtype).removeprefix("torch."),
        device=str(pipeline.device),
        seed=settings.seed,
        libraries=library_versions(),
        tasks=results,
        failed=failed,
        seconds=round(time.perf_counter() - started, 3),
    )
    if output is not None:
        atomic_write_text(output / RESULTS_FILE, found.model_dump_json(indent=2) + "\n")
    return found


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
