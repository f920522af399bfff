"""Compares results folders: differences of scores, with intervals that are paired by item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lavincli.errors import InputError
from lavincli.evaluation.bootstrap import interval, interval_around
from lavincli.evaluation.items import Number, StrictModel
from lavincli.evaluation.results import Results, TaskResult
from lavincli.evaluation.results_folder import read_items, read_resamples, read_results

Key = tuple[str, str]
"""A task and a data set."""


class Difference(StrictModel):
    """One score in two results folders over the same items.

    Attributes:
        task, dataset, metric: what was measured; `headline`: whether it is the one score that stands for the task.
        first, second: the folders.
        first_score, second_score: means over the draws.
        difference: the second minus the first.
        interval: its 95 % bootstrap interval, paired by item; None where the scores of a set can't be resampled.
        better: the folder whose score is better, where the interval leaves out 0; else None.
    """

    task: str
    dataset: str
    metric: str
    headline: bool
    higher_is_better: bool
    items: int
    first: str
    second: str
    first_score: Number
    second_score: Number
    difference: Number
    interval: tuple[float, float] | None
    better: str | None


class Refusal(StrictModel):
    """Results that can't be compared, and why."""

    task: str
    dataset: str
    first: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Folder:
    """A results folder, read."""

    path: Path
    results: Results
    tasks: dict[Key, TaskResult]
    scores: dict[Key, dict[str, NDArray[np.float64]]]

    @property
    def name(self) -> str:
        return str(self.path)


def compare(folders: Sequence[Path]) -> Iterator[Difference | Refusal]:
    """Every folder against the first one: a difference for each score, or why a task can't be compared.

    Raises InputError: fewer than two folders, one that can't be read, no task that two of them have.
    """
    if len(folders) < 2:
        raise InputError("comparing takes two results folders or more")
    first, *others = [_read(folder) for folder in folders]
    for other in others:
        common = [key for key in first.tasks if any(task == key[0] for task, _ in other.tasks)]
        if not common:
            raise InputError(f"{first.name} and {other.name} have no task in common")
        for key in common:
            task, dataset = key
            if (reason := _difference_of_protocol(first, other, key)) is not None:
                yield Refusal(task=task, dataset=dataset, first=first.name, second=other.name, reason=reason)
            else:
                yield from _differences(first, other, key)


def _read(folder: Path) -> _Folder:
    results = read_results(folder)
    collected: defaultdict[Key, defaultdict[str, defaultdict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for item in read_items(folder):
        for metric, score in item.scores.items():
            collected[item.task, item.dataset][metric][item.key].append(np.nan if score is None else score)
    scores = {
        key: {metric: np.array([np.mean(draws) for draws in items.values()]) for metric, items in metrics.items()}
        for key, metrics in collected.items()
    }
    return _Folder(folder, results, {(task.task, task.dataset): task for task in results.tasks}, scores)


def _difference_of_protocol(first: _Folder, other: _Folder, key: Key) -> str | None:
    """In which way two results of a task were not measured alike; None if they were."""
    if key not in other.tasks:
        names = ", ".join(dataset for task, dataset in other.tasks if task == key[0])
        return f"measured on {key[1]} and on {names}: other data"
    one, two = first.tasks[key], other.tasks[key]
    for what, a, b in (
        ("version of the card", one.card_version, two.card_version),
        ("split", one.split, two.split),
        ("number of items", one.items, two.items),
    ):
        if a != b:
            return f"another {what}: {a} and {b}"
    if one.keys_hash != two.keys_hash:
        return "other items: their keys are not the same"
    if one.scored_at != two.scored_at:
        return f"scored at another size: {one.scored_at} and {two.scored_at}"
    sizes = first.results.model.resolution, other.results.model.resolution
    if one.scored_at != "own size" and sizes[0] != sizes[1]:
        return f"scored at another size: {sizes[0]} and {sizes[1]} pixels"
    if one.alignments != two.alignments:
        return f"another alignment before scoring: {one.alignments} and {two.alignments}"
    if one.data_hash != two.data_hash:
        seeds = first.results.seed, other.results.seed
        drawn = f" (seeds {seeds[0]} and {seeds[1]} may have drawn other inputs)" if seeds[0] != seeds[1] else ""
        return f"the items have the same keys, but other contents{drawn}"
    return None


def _differences(first: _Folder, other: _Folder, key: Key) -> Iterator[Difference]:
    one, two = first.tasks[key], other.tasks[key]
    for metric in (name for name in one.metrics if name in two.metrics):
        scores = one.metrics[metric].model.mean, two.metrics[metric].model.mean
        difference = None if scores[0] is None or scores[1] is None else scores[1] - scores[0]
        found = None if difference is None else _paired(first, other, key, metric, difference)
        higher = one.metrics[metric].higher_is_better
        better: str | None = None
        if found is not None and (found[0] > 0 or found[1] < 0):
            better = other.name if (found[0] > 0) == higher else first.name
        yield Difference(
            task=one.task,
            dataset=one.dataset,
            metric=metric,
            headline=metric == one.headline,
            higher_is_better=higher,
            items=one.items,
            first=first.name,
            second=other.name,
            first_score=scores[0],
            second_score=scores[1],
            difference=difference,
            interval=found,
            better=better,
        )


def _paired(first: _Folder, other: _Folder, key: Key, metric: str, difference: float) -> tuple[float, float] | None:
    """The interval of the difference over items, or over the resampled sets that both runs drew alike."""
    one, two = (folder.scores.get(key, {}).get(metric, np.zeros(0)) for folder in (first, other))
    if _is_mean(one, first.tasks[key], metric) and _is_mean(two, other.tasks[key], metric):
        return interval(two - one)
    sets = [read_resamples(folder.path, *key, metric) for folder in (first, other)]
    if sets[0] is None or sets[1] is None or len(sets[0]) != len(sets[1]):
        return None
    return interval_around(difference, sets[1] - sets[0])


def _is_mean(items: NDArray[np.float64], result: TaskResult, metric: str) -> bool:
    """Whether the score of the set is the mean over its items."""
    mean = result.metrics[metric].model.mean
    return len(items) > 0 and mean is not None and bool(np.isclose(items.mean(), mean, rtol=1e-6, atol=1e-9))
