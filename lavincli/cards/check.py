"""Checks a task: its card, its context set, and for each data set that a truth survives being a picture."""

from __future__ import annotations

import functools
import inspect
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lavincli.blocks import Metric
from lavincli.cards.data_roots import DataRoots
from lavincli.cards.task import Task
from lavincli.errors import CardError, InputError, LavinError, RootNeededError
from lavincli.registry import registry

logger = logging.getLogger(__name__)

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: "card", "context", "data photos", ...
        ok: whether it is as it must be; also of what could not be looked at.
        detail: what was found.
        scores: of truth against truth, for data sets.
        checked: False for what could not be looked at, because it isn't here.
    """

    what: str
    ok: bool
    detail: str
    scores: Mapping[str, float] = field(default_factory=dict)
    checked: bool = True


def check_tasks(tasks: Sequence[Task], roots: DataRoots | None = None) -> Iterator[tuple[Task, Check]]:
    """`check_task` for several tasks, each with the roots that are its own.

    Raises UnknownNameError if ``roots`` names a data set that none of them has.
    """
    roots = roots or DataRoots()
    roots.require_known(tasks)
    for task in tasks:
        try:
            own = roots.of(task)
        except InputError as error:
            own = {}
            yield task, Check("data", False, str(error))
        for check in check_task(task, own):
            yield task, check


def check_task(task: Task, roots: Mapping[str, Path] | None = None, *, size: int = 128, limit: int = 3) -> list[Check]:
    """Look at everything a task needs.

    For the first ``limit`` samples of each data set (of clips the first): the pair is made at ``size`` pixels; the
    truth, rendered and decoded again, must be the truth; and truth scored against truth must be perfect. A data set
    that isn't bundled is only told of if no root is given for it.

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
    checks = [attempt("card", lambda: _card(task)), attempt("context", lambda: _context(task))]
    if checks[0].ok:
        for name in task.datasets:
            look = functools.partial(_data, task, name, roots.get(name), size, limit)
            checks.append(attempt(f"data {name}", look, hint=f"give --data {name}=ROOT; "))
    return checks


def attempt(what: str, look: Callable[[], tuple[str, Mapping[str, float]]], *, hint: str = "") -> Check:
    """What ``look`` finds (a text and scores), or the reason why it could not, as a check.

    ``hint`` says how a data set that isn't here can be given.
    """
    try:
        detail, scores = look()
    except RootNeededError as error:
        return Check(what, True, f"not checked: {hint}{error}", checked=False)
    except LavinError as error:
        return Check(what, False, str(error))
    except Exception as error:  # a mistake in a plugin is what is looked for here
        logger.debug("%s", what, exc_info=True)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        message = " ".join(str(error).split())
        return Check(what, False, f"{type(error).__name__}: {message} ({frame.filename}, line {frame.lineno})")
    return Check(what, True, detail, scores)


def _card(task: Task) -> tuple[str, Mapping[str, float]]:
    task.check_blocks()
    return f"version {task.card.version}, headline {task.headline}", {}


def _context(task: Task) -> tuple[str, Mapping[str, float]]:
    pairs = task.context_pairs()
    shape = pairs[0].target.shape
    return f"{len(pairs)} pairs, {shape[2]} x {shape[1]}", {}


def _data(task: Task, dataset: str, root: Path | None, size: int, limit: int) -> tuple[str, Mapping[str, float]]:
    samples = task.samples(dataset, root, **_smaller(task, dataset, size))
    metrics = task.metrics
    again = task.metrics
    for index in range(min(limit, len(samples))):
        sample = samples[index]
        pair = task.pair(sample, size=size)
        task.context_of(sample, size=size)
        query, truth = task.whole(sample) or (pair.input, task.native_target(sample, size=size))
        for metric in metrics.values():
            metric.update(truth, truth, query=query)
        returned = task.codec.decode(task.codec.render(truth))
        for metric in again.values():
            metric.update(returned, truth, query=query)
        if max(len(pair.input), len(pair.target)) > 1:
            break  # one clip has as many frames as all those stills, and takes as long
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


def _smaller(task: Task, dataset: str, size: int) -> dict[str, Any]:
    """Options for a loader that makes its pictures, in a size given: little more pixels than are looked at.

    A little more, so that they are cut like others.
    """
    data = (task.forward or task).card.data[dataset]
    option = inspect.signature(registry().block("loaders", data.loader)).parameters.get("size")
    made = option is not None and isinstance(option.default, int) and "size" not in data.options
    return {"size": size * 3 // 2} if made else {}


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
