"""Checks a task: its card, its context set, and for each data set that a truth survives being a picture."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lavincli.blocks import Metric
from lavincli.cards.task import Task
from lavincli.errors import CardError, LavinError

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: "card", "context", "data photos", ...
        ok: whether it is as it must be.
        detail: what was found.
        scores: of truth against truth, for data sets.
    """

    what: str
    ok: bool
    detail: str
    scores: Mapping[str, float] = field(default_factory=dict)


def check_task(task: Task, roots: Mapping[str, Path] | None = None, *, size: int = 128, limit: int = 3) -> list[Check]:
    """Look at everything a task needs.

    For the first ``limit`` samples of each data set: the pair is made at ``size`` pixels; the truth, rendered and
    decoded again, must be the truth; and truth scored against truth must be perfect.

    Args:
        task: the task.
        roots: where data sets lie, by name; others are checked where the card or their loader says.
        size: height and width of the pairs.
        limit: samples of each data set.

    Raises UnknownNameError if ``roots`` names a data set that the card doesn't have.
    """
    roots = roots or {}
    for name in roots:
        task.require_dataset(name)
    checks = [_attempt("card", lambda: _card(task)), _attempt("context", lambda: _context(task))]
    if checks[0].ok:
        checks += [
            _attempt(f"data {name}", functools.partial(_data, task, name, roots.get(name), size, limit))
            for name in task.datasets
        ]
    return checks


def _attempt(what: str, look: Callable[[], tuple[str, Mapping[str, float]]]) -> Check:
    try:
        detail, scores = look()
    except LavinError as error:
        return Check(what, False, str(error))
    return Check(what, True, detail, scores)


def _card(task: Task) -> tuple[str, Mapping[str, float]]:
    task.check_blocks()
    return f"version {task.card.version}, headline {task.headline}", {}


def _context(task: Task) -> tuple[str, Mapping[str, float]]:
    pairs = task.context_pairs()
    shape = pairs[0].target.shape
    return f"{len(pairs)} pairs, {shape[2]} x {shape[1]}", {}


def _data(task: Task, dataset: str, root: Path | None, size: int, limit: int) -> tuple[str, Mapping[str, float]]:
    samples = task.samples(dataset, root)
    metrics = task.metrics
    again = task.metrics
    for index in range(min(limit, len(samples))):
        sample = samples[index]
        pair = task.pair(sample, size=size)
        truth = task.native_target(sample, size=size)
        for metric in metrics.values():
            metric.update(truth, truth, query=pair.input)
        returned = task.codec.decode(task.codec.render(truth))
        for metric in again.values():
            metric.update(returned, truth, query=pair.input)
    scores = _scores(metrics)
    kept = _scores(again)
    for what, values, lossy in (("against itself", scores, False), ("rendered and decoded", kept, True)):
        for key, score, perfect in _imperfect(metrics, values, lossy=lossy):
            raise CardError(
                f"{task.card_file}: data set '{dataset}': truth {what} scores {key} {score:g}, not {perfect:g}"
            )
    headline = task.headline
    return (
        f"{len(samples)} samples; truth against truth is perfect, as a picture {headline} {kept[headline]:.4g}",
        scores,
    )


def _scores(metrics: Mapping[str, Metric]) -> dict[str, float]:
    return {key: score for metric in metrics.values() for key, score in metric.compute().items()}


def _imperfect(
    metrics: Mapping[str, Metric], scores: Mapping[str, float], *, lossy: bool
) -> Iterator[tuple[str, float, float]]:
    """Scores that are worse than they may be; ``lossy`` for a truth that was an 8-bit picture in between."""
    for metric in metrics.values():
        stated: Mapping[str, float] = getattr(metric, "perfect", {})
        allowed: Mapping[str, float] = getattr(metric, "picture_loss", {}) if lossy else {}
        for key, higher in metric.higher_is_better.items():
            perfect = float(stated.get(key, 1.0 if higher else 0.0))
            # Infinite minus infinite is no number, so equality comes first.
            if scores[key] != perfect and not abs(scores[key] - perfect) <= _TOLERANCE + allowed.get(key, 0.0):
                yield key, scores[key], perfect
