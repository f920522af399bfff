"""Scores predictions that another tool has made, with the same items, metrics and baselines as a model's."""

from __future__ import annotations

import hashlib
import inspect
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lavincli.clip import Pair
from lavincli.context.seeds import stable_seed
from lavincli.errors import ConfigError, InputError
from lavincli.evaluation.baselines import MEAN, baseline_names, baseline_pictures
from lavincli.evaluation.cases import Case
from lavincli.evaluation.failures import raise_fatal
from lavincli.evaluation.results import ModelInfo, Results, TaskResult
from lavincli.evaluation.results_folder import ResultsFolder
from lavincli.evaluation.run import Writing, library_versions
from lavincli.evaluation.scoring import MODEL, score_item
from lavincli.evaluation.summary import Statistics
from lavincli.evaluation.task_tally import Answer, Listeners, TaskTally
from lavincli.prediction_files import Reader, ReadsPredictions, picture_reader

if TYPE_CHECKING:
    from lavincli.cards.task import Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """What predictions are scored on.

    Attributes:
        dataset: a data set of the task's card; None: the first one.
        root: where it lies; None: where the card says, or what is bundled.
        split: of the data set.
        limit: at most this many items, the first ones.
        seed: of inputs that are made at random.
        options: for the codec's reader of predictions, by name.
    """

    dataset: str | None = None
    root: Path | None = None
    split: str = "test"
    limit: int | None = None
    seed: int = 0
    options: Mapping[str, str] | None = None


def score_predictions(
    task: Task, predictions: Path, settings: PeerSettings | None = None, *, writing: Writing | None = None
) -> Results:
    """Score the predictions in a folder, each found by the key of its item, at the items' own size.

    An item without a prediction, or with one that can't be scored, is left out and listed among the failures.

    Raises LavinError: no such folder, a format or option that the task's codec doesn't know, no data, or not one item
    that could be scored.
    """
    settings, writing = settings or PeerSettings(), writing or Writing()
    started = time.perf_counter()
    dataset = settings.dataset or (task.datasets[0] if task.datasets else None)
    reader = prediction_reader(task, predictions, settings.options or {})
    with ResultsFolder(writing.output) as folder:
        gallery = folder.gallery(task, dataset, limit=writing.pictures)
        result, statistics = _score(task, reader, settings, Listeners(item=folder.add, gallery=gallery))
        folder.keep(result, statistics)
        found = Results(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=writing.command,
            kind="predictions",
            model=ModelInfo(name=predictions.name, fingerprint=folder_hash(predictions), resolution=None),
            sampling={},
            dtype=None,
            device=None,
            batch_size=None,
            seed=settings.seed,
            libraries=library_versions(),
            tasks=[result],
            failed=[],
            seconds=round(time.perf_counter() - started, 3),
        )
        folder.finish(found)
    return found


def prediction_reader(task: Task, folder: Path, options: Mapping[str, Any]) -> Reader:
    """What reads the predictions for a task: its codec's own reader, else pictures as the codec draws them.

    Raises InputError for a folder that isn't there, ConfigError for an option that the codec doesn't know.
    """
    codec = task.codec
    known: list[str] = []
    if isinstance(codec, ReadsPredictions):
        known = [name for name in inspect.signature(codec.read_predictions).parameters if name != "folder"]
    for name in options:
        if name not in known:
            offer = f"it takes {', '.join(known)}" if known else "it takes none"
            raise ConfigError(f"{task.name}: reading predictions has no option '{name}'; {offer}")
    if not isinstance(codec, ReadsPredictions):
        return picture_reader(folder, codec.decode)
    try:
        return codec.read_predictions(folder, **options)
    except ValueError as error:
        raise ConfigError(f"{task.name}: reading predictions: {error}") from error


def folder_hash(folder: Path) -> str:
    """A sha256 over the names and contents of all files below a folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _score(task: Task, read: Reader, settings: PeerSettings, listeners: Listeners) -> tuple[TaskResult, Statistics]:
    started = time.perf_counter()
    samples = task.samples(settings.dataset, settings.root, settings.split)
    total = len(samples) if settings.limit is None else min(settings.limit, len(samples))
    context = _context(task)
    names = [name for name in baseline_names(task.codec) if context or name != MEAN]
    dataset = settings.dataset or task.datasets[0]
    tally = TaskTally(task, dataset, settings.split, baselines=names, draws=1, control=False, listeners=listeners)
    for number in range(total):
        name = f"item {number}"
        try:
            sample = samples[number]
            name = sample.key
            query, target = task.at_own_size(sample, seed=settings.seed)
            value = read(sample)
            truth = task.codec.render(target)
            case = Case(Pair(sample.key, query, truth), query, target, (), whole=True)
            answers = {MODEL: Answer(value, score_item(task, value, target, query))}
            own = task.context_of(sample, size=min(truth.shape[1:3]), seed=settings.seed)
            own = own if own and context else context
            for system, picture in baseline_pictures(task.codec, query, own, truth.shape).items():
                trivial = task.codec.decode(picture, context=own, query=query)
                answers[system] = Answer(trivial, score_item(task, trivial, target, query))
            shown = task.codec.render(value)
        except Exception as error:  # noqa: BLE001 - a plugin's loader, codec or metric may raise anything
            raise_fatal(error)
            tally.fail(name, error)
            continue
        tally.commit(case, [answers], [stable_seed("score", settings.seed, sample.key)], shown)
    return tally.result(
        root=None if settings.root is None else str(settings.root),
        pairs=0,
        contexts=[[]],
        context_pictures=[],
        wrong_contexts=[],
        seconds=round(time.perf_counter() - started, 3),
        total=total,
    )


def _context(task: Task) -> list[Pair]:
    """The task's context set, of which trivial answers are made; empty where it has none."""
    try:
        return task.context_pairs()
    except InputError as error:
        logger.info("%s: no mean of the context beside the scores: %s", task.name, error)
        return []
