"""What was scored of one task and data set so far, and the result it adds up to."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lavincli.blocks import Aligned
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.evaluation.cases import Case
from lavincli.evaluation.contents import content_hash
from lavincli.evaluation.failures import reason_of
from lavincli.evaluation.items import ItemPictures, ItemResult, PairPictures
from lavincli.evaluation.paper import paper_difference, with_paper
from lavincli.evaluation.results import Failure, ScoredAt, TaskResult
from lavincli.evaluation.scoring import MODEL, WRONG_CONTEXT, ItemScore, Tally
from lavincli.evaluation.summary import Statistics, summarise
from lavincli.media.recolour import PLAIN

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.evaluation.gallery import Gallery

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """One system's answer to one case: what it decodes to, and its score."""

    value: Any
    score: ItemScore


@dataclass(frozen=True, slots=True)
class Shown:
    """An item's pictures under the first draw, for people to look at: ``[T, H, W, 3]`` each, and its headline score."""

    key: str
    query: Clip
    prediction: Clip
    truth: Clip
    score: float


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told of the items as they are finished; None: nobody.

    Attributes:
        item: is given each item's scores, draw by draw.
        shown: is given each item's pictures under the first draw.
        progress: is given how many items are finished, and of how many.
        gallery: writes the pictures of the first items.
    """

    item: Callable[[ItemResult], None] | None = None
    shown: Callable[[Shown], None] | None = None
    progress: Callable[[int, int], None] | None = None
    gallery: Gallery | None = None


class TaskTally:
    """The running state of an evaluation: scores by system and draw, and what could not be scored.

    Args:
        task: the task.
        dataset, split: the data.
        baselines: names of the trivial answers.
        draws: how many contexts each item is answered with.
        control: whether a wrong context is among the systems.
        listeners: are told of each item.
    """

    def __init__(
        self,
        task: Task,
        dataset: str,
        split: str,
        *,
        baselines: Sequence[str],
        draws: int,
        control: bool,
        listeners: Listeners,
    ) -> None:
        self.task, self.dataset, self.split = task, dataset, split
        self.keys: list[str] = []
        self.failures: list[Failure] = []
        self.baselines = tuple(baselines)
        systems = [MODEL, *self.baselines, *([WRONG_CONTEXT] if control else [])]
        self._tallies = {system: [Tally(task) for _ in range(draws)] for system in systems}
        self._listeners = listeners
        self._contents = hashlib.sha256()
        self._queries: set[str] = set()
        self._sizes: set[ScoredAt] = set()

    def fail(self, name: str, error: Exception) -> None:
        """Leave an item out, with the reason."""
        reason = reason_of(error)
        logger.error("%s: %s: %s", self.task.name, name, reason)
        self.failures.append(Failure(item=name, error=reason))

    def commit(
        self,
        case: Case,
        draws: Sequence[Mapping[str, Answer]],
        seeds: Sequence[int],
        picture: Clip,
        *,
        shown: Case | None = None,
    ) -> None:
        """Count in an item, with every system's answer under every draw.

        For people to look at: ``picture``, the model's under the first draw, and the item as ``shown`` to the model
        (None: as it is scored).
        """
        key, shown = case.pair.key, shown or case
        self.keys.append(key)
        self._contents.update(content_hash(key, case.query, case.target).encode())
        self._queries.add(content_hash(case.query))
        self._sizes.add("own size" if case.whole else "model's size")
        pictures, context = self._written(shown, picture)
        for index, answers in enumerate(draws):
            for system, answer in answers.items():
                self._tallies[system][index].add(answer.value, case.target, case.query, answer.score)
            if self._listeners.item is not None:
                scores = {system: dict(answer.score.scores) for system, answer in answers.items()}
                self._listeners.item(
                    ItemResult(
                        task=self.task.name,
                        dataset=self.dataset,
                        draw=index,
                        key=key,
                        seed=seeds[index],
                        scores=scores[MODEL],
                        baselines={name: scores[name] for name in self.baselines if name in scores},
                        wrong_context=scores.get(WRONG_CONTEXT),
                        pictures=pictures if index == 0 else None,
                        context=context if index == 0 else None,
                    )
                )
        if self._listeners.shown is not None:
            score = draws[0][MODEL].score.scores[self.task.headline]
            self._listeners.shown(Shown(key, shown.pair.input, picture, shown.pair.target, score))

    def _written(self, case: Case, picture: Clip) -> tuple[ItemPictures | None, list[PairPictures] | None]:
        gallery = self._listeners.gallery
        if gallery is None or not gallery.has_room:
            return None, None
        return gallery.item(case, picture), gallery.pairs(case.context, gallery.place) if case.context else None

    def result(
        self,
        *,
        root: str | None,
        pairs: int,
        contexts: list[list[str]],
        context_pictures: list[list[PairPictures]],
        wrong_contexts: list[str],
        seconds: float,
        total: int,
        variation: str = PLAIN,
        followed: float | None = None,
    ) -> tuple[TaskResult, Statistics]:
        """The result, and the bootstrap statistics of the scores that only whole sets have.

        Raises InputError if not one item was scored.
        """
        task, count = self.task, len(self.keys)
        if not count:
            reason = f"; the first failed with: {self.failures[0].error}" if self.failures else ""
            raise InputError(f"{task.name}: none of the {total} items of {self.dataset} could be scored{reason}")
        metrics, statistics = summarise(task, self._tallies, self.baselines)
        differs = paper_difference(task.card.paper, self.dataset, self.split, count, len(self._queries), variation)
        notes = [f"{key}: is not a number over the whole set" for key in statistics.not_numbers]
        for note in notes:
            logger.error("%s: %s", task.name, note)
        found = TaskResult(
            task=task.name,
            card_version=task.card.version,
            title=task.title,
            kind=task.card.kind,
            dataset=self.dataset,
            root=root,
            split=self.split,
            items=count,
            keys_hash=hashlib.sha256("".join(f"{key}\n" for key in self.keys).encode()).hexdigest(),
            data_hash=self._contents.hexdigest(),
            scored_at=next(iter(self._sizes)) if len(self._sizes) == 1 else "both",
            headline=task.headline,
            pairs=pairs,
            contexts=contexts,
            context_pictures=context_pictures,
            wrong_contexts=wrong_contexts,
            variation=variation,
            followed=followed,
            metrics=metrics if differs else with_paper(metrics, task.card.paper, self.dataset),
            alignments={name: metric.alignment for name, metric in task.metrics.items() if isinstance(metric, Aligned)},
            paper_differs=differs,
            failures=self.failures,
            notes=notes,
            seconds=seconds,
        )
        return found, statistics
