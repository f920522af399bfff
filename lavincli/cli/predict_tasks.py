"""``lavin predict``: the runs of its tasks, one after the other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.predict_run.settings import AnswerSettings, RunSettings, TaskSettings
    from lavincli.predict_run.start import Inputs
    from lavincli.processes import Share

logger = logging.getLogger(__name__)

_SHOWN = 60


def find_tasks(names: Sequence[str]) -> dict[str, Task]:
    """The tasks by what they were called: names, or paths of folders.

    Raises a usage error for one that is named twice, UnknownNameError, CardError.
    """
    from lavincli.registry import task as find_task

    found = [find_task(name) for name in names]
    for name, count in Counter(one.name for one in found).items():
        if count > 1:
            raise typer.BadParameter(f"'{name}' is given twice", param_hint="--task")
    return dict(zip(names, found, strict=True))


def ask_each(tasks: Mapping[str, Task], answer: AnswerSettings, run: RunSettings, output: Path) -> list[TaskSettings]:
    """What is asked with each task. One, or example pairs alone, is answered into `output` itself."""
    from lavincli.predict_run.settings import TaskSettings

    if len(tasks) <= 1:
        return [TaskSettings(answer=answer, run=run, output=output)]
    return [
        TaskSettings(answer=answer.model_copy(update={"task": name}), run=run, output=output / task.name)
        for name, task in tasks.items()
    ]


def answer_tasks(
    asked: Sequence[TaskSettings],
    items: Sequence[Inputs],
    *,
    processes: int,
    number: int | None,
    share: Share,
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Answer the items of each task, print the results, and end with the exit code that says how it went.

    Args:
        asked: what is asked with each task.
        items: for each of them, the inputs.
        processes: how many answer.
        number: which process of its machine this one is, if a launcher has started it.
        share: the part of the items that this process answers.
        sheet: where a contact sheet of all goes.
        as_json: print records, not paths.
    """
    from lavincli.cli.predict_lines import end_with, show, tell_outcome, with_progress
    from lavincli.predict_run.gallery import Gallery
    from lavincli.predict_run.in_turn import RunsInTurn
    from lavincli.predict_run.run import PredictRun
    from lavincli.predict_run.signals import stopping_on_signals
    from lavincli.predict_run.start import start_answers
    from lavincli.predict_run.task_gallery import TaskGallery

    tasks = [task for task in (one.answer.find_task() for one in asked) if task is not None]
    limit = _SHOWN if sheet is not None else 0
    gallery = Gallery(limit=limit) if len(asked) == 1 else TaskGallery([task.name for task in tasks], limit=limit)
    outcomes: dict[Path, Counter[str]] = {}
    model = asked[0].answer.model
    with start_answers(asked, processes=processes, number=number) as answers:
        runs = RunsInTurn(
            PredictRun(
                answers(place),
                items[place],
                one.output,
                batch_size=one.run.batch_size,
                share=share,
                shown=gallery.wants,
            )
            for place, one in enumerate(asked)
        )
        with stopping_on_signals(runs.stop) as caught:
            for place, run in enumerate(runs):
                counts = outcomes[run.output] = Counter()
                name = "predict" if len(asked) == 1 else tasks[place].name
                for answered in with_progress(run, items[place].count, name):
                    counts[answered.record.status] += 1
                    gallery.add(answered)
                    show(answered.record, run.output, as_json=as_json)
                tell_outcome(counts, run.output)
                model = run.answers.model
    if sheet is not None:
        subject = f"{len(asked)} tasks" if len(asked) > 1 else tasks[0].title if tasks else "own examples"
        if not gallery.write(sheet, f"{subject}: {model}"):
            logger.warning("%s: not written, there is nothing to show", sheet)
    end_with(outcomes, caught)
