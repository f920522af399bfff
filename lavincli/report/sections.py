"""What the report shows of each task: its result, and the items that have pictures, the worst first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lavincli.evaluation.items import ItemPictures, ItemResult
from lavincli.evaluation.results import Results, TaskResult


@dataclass(frozen=True, slots=True)
class Item:
    """An item with pictures.

    Attributes:
        key: the item.
        pictures: of the first draw.
        draws: its results, a draw each; the first belongs to the pictures.
        score: the headline score of the first draw; None if it is no number.
        gain: how much better that is than the better trivial answer's; None if either is no number.
    """

    key: str
    pictures: ItemPictures
    draws: Sequence[ItemResult]
    score: float | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class Section:
    """A task and data set. `items` are those with pictures, the worst first; `name` is unique in the report."""

    name: str
    result: TaskResult
    items: Sequence[Item]


def make_sections(results: Results, items: Iterable[ItemResult]) -> list[Section]:
    """The sections of a report, in the order of the results."""
    by_place: defaultdict[tuple[str, str], defaultdict[str, list[ItemResult]]]
    by_place = defaultdict(lambda: defaultdict(list))
    for item in items:
        by_place[item.task, item.dataset][item.key].append(item)
    sections: list[Section] = []
    for number, result in enumerate(results.tasks, start=1):
        found = [_item(result, draws) for draws in by_place[result.task, result.dataset].values()]
        with_pictures = [item for item in found if item is not None]
        sections.append(Section(f"task-{number}", result, worst_first(result, with_pictures)))
    return sections


def worst_first(result: TaskResult, items: Iterable[Item]) -> list[Item]:
    """Sorted by the headline score; those without a number at the end, equal ones by name."""
    sign = 1 if result.metrics[result.headline].higher_is_better else -1
    return sorted(items, key=lambda item: (math.inf if item.score is None else sign * item.score, item.key))


def choose(section: Section, limit: int) -> Section:
    """At most `limit` items: the worst two thirds of them, and the rest evenly from the others, down to the best."""
    items = section.items
    if len(items) <= limit:
        return section
    worst = math.ceil(limit * 2 / 3)
    others = limit - worst
    step = (len(items) - worst) / max(1, others)
    chosen = [*items[:worst], *(items[worst + math.ceil(step * (place + 1)) - 1] for place in range(others))]
    return Section(section.name, section.result, chosen)


def _item(result: TaskResult, draws: Sequence[ItemResult]) -> Item | None:
    draws = sorted(draws, key=lambda item: item.draw)
    first = next((item for item in draws if item.pictures is not None), None)
    if first is None or first.pictures is None:
        return None
    metric = result.metrics[result.headline]
    score = first.scores.get(result.headline)
    trivial = [value for scores in first.baselines.values() if (value := scores.get(result.headline)) is not None]
    gain = None
    if score is not None and trivial:
        gain = score - max(trivial) if metric.higher_is_better else min(trivial) - score
    return Item(first.key, first.pictures, [first, *(item for item in draws if item is not first)], score, gain)
