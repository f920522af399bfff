"""Contexts whose annotations are drawn in other colours: does the answer follow them?"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from lavincli.cards.annotation import AnnotationSide, annotation_side, redrawn
from lavincli.clip import Clip, Pair
from lavincli.errors import ConfigError
from lavincli.evaluation.cases import Case
from lavincli.media.recolour import PLAIN, recolouring

if TYPE_CHECKING:
    from lavincli.cards.task import Task

# In gray levels, on average: what a stored picture's compression does to colours is less.
_LOST: Final = 8.0


class Rendering:
    """How the model is shown a task's annotations, and how its answer becomes what the task's codec reads.

    The model alone sees it: trivial answers, truths and scores are those of the plain rendering.

    Args:
        task: the task.
        name: of a recolouring; `PLAIN`: none.

    Raises UnknownNameError; ConfigError for a task without an annotation.
    """

    def __init__(self, task: Task, name: str) -> None:
        self._task, self._name = task, name
        self._recolouring = recolouring(name)
        self._side: AnnotationSide = "target" if name == PLAIN else annotation_side(task)

    def pairs(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Example pairs as the model is shown them.

        Raises ConfigError where the rendering leaves out what an answer would have to say.
        """
        if self._name == PLAIN:
            return list(pairs)
        shown = [self._pair(pair) for pair in pairs]
        for pair, drawn in zip(pairs, shown, strict=True):
            if np.abs(self.plain(drawn.target).astype(np.int16) - pair.target).mean() > _LOST:
                raise ConfigError(
                    f"variation {self._name}: {self._task.name} can't be read from it, which says more in colours than "
                    "in brightness; choose inverted, or another order of the channels, as gbr"
                )
        return shown

    def case(self, case: Case) -> Case:
        """An item as the model is shown it. Raises ConfigError as `pairs` does."""
        if self._name == PLAIN:
            return case
        return dataclasses.replace(case, pair=self._pair(case.pair), context=tuple(self.pairs(case.context)))

    def plain(self, answer: Clip) -> Clip:
        """The model's answer `uint8 [T, H, W, 3]` as a context in the plain rendering would have asked for it."""
        return self._recolouring.undo(answer) if self._side == "target" else answer

    def followed(self, answer: Clip, pair: Pair) -> bool | None:
        """Whether the model's answer to a pair goes with the truth in this rendering rather than with the plain one.

        By their correlation over pixels and channels, so that a faint answer doesn't count as one in a darker colour.
        It stands beside the scores: a metric that aligns answers first may take an inverted one for a plain one. None
        where the answer isn't the annotation, or both truths look alike.
        """
        varied = self._recolouring(pair.target)
        if self._side == "input" or np.array_equal(varied, pair.target):
            return None
        return _correlation(answer, varied) > _correlation(answer, pair.target)

    def _pair(self, pair: Pair) -> Pair:
        return redrawn(pair, self._side, self._recolouring)


def _correlation(one: Clip, other: Clip) -> float:
    """Pearson's; 0 where one of them is a single value."""
    first, second = (clip.astype(np.float64).ravel() - clip.mean() for clip in (one, other))
    scale = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / scale if scale else 0.0
