"""Studies: one evaluation for each value of a setting, and the curves they make."""

from __future__ import annotations

import csv
import io
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError, LavinError
from lavincli.evaluation.asked import PARAMETERS, Asked
from lavincli.evaluation.items import StrictModel
from lavincli.evaluation.results import PaperFigure, Results, Score
from lavincli.evaluation.results_folder import parsed, text_of
from lavincli.evaluation.trained import LossWindow, loss_windows, parameter_count

if TYPE_CHECKING:
    from lavincli.pipeline.pipeline import Pipeline

logger = logging.getLogger(__name__)

SWEEP_FILE: Final = "sweep.json"
CSV_FILE: Final = "sweep.csv"
PLOTS: Final = "plots"
_COLUMNS: Final = (
    *("value", "model", "task", "dataset", "metric", "higher_is_better", "headline", "mean", "std", "low", "high"),
    *("best_baseline", "baseline_mean", "items", "pairs", "draws"),
)


class SweepPoint(StrictModel):
    """One value of a study, and the results folder below the study's that holds what came of it.

    Attributes:
        parameters, losses: of a study over models, how large the model is, and how its training went where its run's
            log is there.
    """

    value: str
    folder: str
    model: str
    seconds: float
    parameters: int | None = None
    losses: list[LossWindow] = Field(default_factory=list)


class SweepFailure(StrictModel):
    """A value that could not be evaluated."""

    value: str
    error: str


class Curve(StrictModel):
    """One score of one task and data set over the values of a study.

    Attributes:
        headline: whether it is the one score that stands for the task.
        x: the values, those that gave a score.
        model: its score at each of them.
        baselines: the scores of the trivial answers, by name.
        paper: figures of papers, where the protocol is theirs.
    """

    task: str
    title: str
    dataset: str
    metric: str
    higher_is_better: bool
    headline: bool
    x: list[str]
    model: list[Score]
    baselines: dict[str, list[Score]]
    paper: list[PaperFigure]


class Sweep(StrictModel):
    """``sweep.json``: a study.

    Attributes:
        format: version of this layout.
        created, seconds: when, and how long it took.
        parameter: what was varied.
        values: in the order given; `numeric`: all of them are numbers.
        points: those that were evaluated; `failed`: the others.
        curves: one for each task, data set and score.
    """

    format: Literal[1] = 1
    created: str
    command: str
    parameter: str
    values: list[str]
    numeric: bool
    points: list[SweepPoint]
    failed: list[SweepFailure]
    curves: list[Curve]
    seconds: float


@dataclass(frozen=True, slots=True)
class Study:
    """A setting and the values it takes."""

    parameter: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``pairs=1,2,4,8``. Raises ConfigError for anything else."""
        parameter, _, values = text.partition("=")
        listed = tuple(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
        if parameter not in PARAMETERS or not listed:
            raise ConfigError(
                f"--sweep {text}: write a setting and its values, for example pairs=1,2,4; settings that can be "
                f"varied: {', '.join(PARAMETERS)}"
            )
        return cls(parameter, listed)

    def points(self, asked: Asked, output: Path) -> Iterator[tuple[str, Asked, Path]]:
        """Each value, what is then asked, and its results folder. Raises ConfigError for a value it can't have."""
        taken: set[str] = set()
        for number, value in enumerate(self.values, start=1):
            # A model may be a path, of which the last part tells the most.
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(value).name) or str(number)
            folder = f"{self.parameter}={name}"
            folder = f"{folder}-{number}" if folder in taken else folder
            taken.add(folder)
            yield value, asked.varied(self.parameter, value), output / folder


def run_study(
    study: Study,
    asked: Asked,
    output: Path,
    evaluate: Callable[[Pipeline, Asked, Path], Results],
    *,
    command: str = "",
) -> tuple[Sweep, list[Results]]:
    """Evaluate every value, and write ``sweep.json``, ``sweep.csv`` and the plots.

    A value that can't be evaluated is logged and listed; the others are done.

    Args:
        study: what is varied.
        asked: everything else.
        output: folder of the study.
        evaluate: evaluates a model with what was asked into a results folder.
        command: is recorded.

    Raises ConfigError for a value the setting can't have.
    """
    started = time.perf_counter()
    of_models = study.parameter == "model"
    points: list[SweepPoint] = []
    failed: list[SweepFailure] = []
    found: list[Results] = []
    for value, varied, folder in list(study.points(asked, output)):
        begun = time.perf_counter()
        try:
            pipeline = varied.load()
            # Before what takes long: a damaged log would cost all of it.
            losses = loss_windows(value) if of_models else []
            results = evaluate(pipeline, varied, folder)
            if not results.tasks:
                raise LavinError(results.failed[0].error)
        except LavinError as error:
            logger.error("%s=%s: %s", study.parameter, value, error)  # noqa: TRY400 - a line for the user
            failed.append(SweepFailure(value=value, error=str(error)))
            continue
        seconds = round(time.perf_counter() - begun, 3)
        points.append(
            SweepPoint(
                value=value,
                folder=folder.name,
                model=results.model.name,
                seconds=seconds,
                parameters=parameter_count(pipeline) if of_models else None,
                losses=losses,
            )
        )
        found.append(results)
    sweep = Sweep(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        parameter=study.parameter,
        values=list(study.values),
        numeric=all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) for value in study.values),
        points=points,
        failed=failed,
        curves=curves(points, found),
        seconds=round(time.perf_counter() - started, 3),
    )
    atomic_write_text(output / CSV_FILE, csv_of(points, found))
    atomic_write_text(output / SWEEP_FILE, sweep.model_dump_json(indent=2) + "\n")
    return sweep, found


def read_sweep(folder: Path) -> Sweep:
    """``sweep.json`` of a study's folder. Raises InputError: missing, damaged, or of another format."""
    path = folder / SWEEP_FILE
    return parsed(Sweep, text_of(path, "no study of 'lavin eval --sweep' here"), path)


def curves(points: Sequence[SweepPoint], found: Sequence[Results]) -> list[Curve]:
    """Every score of every task and data set over the points, in the order of the first results that have it."""
    collected: dict[tuple[str, str, str], Curve] = {}
    for point, results in zip(points, found, strict=True):
        for task in results.tasks:
            for key, metric in task.metrics.items():
                curve = collected.setdefault(
                    (task.task, task.dataset, key),
                    Curve(
                        task=task.task,
                        title=task.title,
                        dataset=task.dataset,
                        metric=key,
                        higher_is_better=metric.higher_is_better,
                        headline=key == task.headline,
                        x=[],
                        model=[],
                        baselines={name: [] for name in metric.baselines},
                        paper=metric.paper,
                    ),
                )
                curve.x.append(point.value)
                curve.model.append(metric.model)
                for name, score in metric.baselines.items():
                    curve.baselines[name].append(score)
    return list(collected.values())


def csv_of(points: Sequence[SweepPoint], found: Sequence[Results]) -> str:
    """A line for each value, task, data set and score, with a heading."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for point, results in zip(points, found, strict=True):
        for task in results.tasks:
            for key, metric in task.metrics.items():
                low, high = metric.model.interval or (None, None)
                baseline = metric.baselines[metric.best_baseline].mean
                named = (point.value, point.model, task.task, task.dataset, key, metric.higher_is_better)
                scores = (key == task.headline, metric.model.mean, metric.model.std, low, high)
                beside = (metric.best_baseline, baseline, task.items, task.pairs, len(metric.model.draws))
                writer.writerow((*named, *scores, *beside))
    return page.getvalue()
