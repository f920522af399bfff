"""Pictures with two damages, of which a task mends its own: only the context tells which one that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lavincli.cards.task import Task
from lavincli.clip import Pair
from lavincli.errors import InputError


@dataclass(frozen=True, slots=True)
class Damages:
    """What a clean target may be damaged by before a task's input is made of it.

    Attributes:
        share: of the pairs that get one.
        tasks: their transforms make the damages.
        weights: how often each of them is drawn.
    """

    share: float
    tasks: tuple[Task, ...]
    weights: tuple[float, ...]

    def added(self, pair: Pair, task: Task, random: np.random.Generator) -> Pair:
        """The pair as it is, or D(target) as the target and the task's transform of D(target) as the input.

        Raises InputError where D changes the shape of a clip.
        """
        if random.random() >= self.share:
            return pair
        other = self.tasks[int(random.choice(len(self.tasks), p=np.array(self.weights) / sum(self.weights)))]
        of_other, of_task = (int(seed) for seed in random.integers(2**62, size=2))
        target = other.input_from(pair.target, key=pair.key, seed=of_other)
        if target.shape != pair.target.shape:
            raise InputError(
                f"data.damages: {other.name} makes {target.shape} of {pair.target.shape}: leave it out of the damages"
            )
        return Pair(pair.key, task.input_from(target, key=pair.key, seed=of_task), target)

    @property
    def identity(self) -> list[Any]:
        """What decides the damages, as JSON."""
        return [self.share, self.weights, [task.card.model_dump(mode="json") for task in self.tasks]]
