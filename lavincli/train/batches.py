"""Batches of pictures, a function of (seed, step) alone: a resumed run sees what an uninterrupted one would."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.cards.framing import generator
from lavincli.train.clip_lengths import clips_in_batch, length_shares, length_weights
from lavincli.train.data_config import ClipsConfig

Sides = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Inputs and targets of one task's pairs, each `[N, T, S, S, 3]` with a length of its own."""


class PictureBatches:
    """Draws single stills and clips, inputs and targets alike, from rendered pairs.

    The length is drawn for the whole batch, so that a batch has one shape.
    """

    def __init__(
        self,
        pools: Mapping[str, Sides],
        weights: Mapping[str, float],
        batch_size: int,
        seed: int,
        clips: ClipsConfig | None = None,
    ) -> None:
        self._batch_size, self._seed, self._clips = batch_size, seed, clips or ClipsConfig()
        of_tasks = {name: (sides[0].shape[1], sides[1].shape[1]) for name, sides in pools.items()}
        self._shares = length_shares(length_weights(weights, of_tasks), self._clips)
        # For each length: the sides that have it, task by task, and the weight of each task.
        self._sides: dict[int, list[list[NDArray[np.uint8]]]] = {}
        self._names: dict[int, list[str]] = {}
        self._weights: dict[int, NDArray[np.float64]] = {}
        for frames in self._shares:
            sides = {name: [side for side in pools[name] if side.shape[1] == frames] for name in pools}
            self._sides[frames] = [found for found in sides.values() if found]
            self._names[frames] = [name for name, found in sides.items() if found]
            by_task = np.array([weights[name] * len(found) for name, found in sides.items() if found])
            self._weights[frames] = by_task / by_task.sum()

    @property
    def lengths(self) -> Mapping[int, int]:
        """For each length in frames, how many stills or clips a batch of it has."""
        return {frames: clips_in_batch(self._batch_size, self._clips, frames) for frames in self._shares}

    def frames(self, step: int) -> int:
        """The length of the clips of a step's batch; 1 for stills."""
        shares = self._shares
        return int(generator("lengths", self._seed, step).choice(list(shares), p=list(shares.values())))

    def largest(self, steps: range) -> int:
        """The last of some steps whose batch has the most frames."""
        lengths = self.lengths
        return max(steps, key=lambda step: (lengths[self.frames(step)] * self.frames(step), step))

    def __call__(self, step: int, part: range | None = None) -> Tensor:
        """float32 [B, 3, T, S, S] in [-1, 1], half of the pictures mirrored.

        Of the batch of a step, or of the pictures of it that `part` numbers: all are drawn, no others are read.
        """
        frames = self.frames(step)
        random, tasks, count = generator("pictures", self._seed, step), self._sides[frames], self.lengths[frames]
        part = range(count) if part is None else part
        pictures = []
        for place, task in enumerate(random.choice(len(tasks), count, p=self._weights[frames])):
            sides = tasks[task]
            number, side, mirrored = random.integers(len(sides[0])), random.integers(len(sides)), random.random() < 0.5
            if place in part:
                picture = sides[side][number]
                pictures.append(picture[:, :, ::-1] if mirrored else picture)
        return to_tensor(np.stack(pictures))

    def tasks(self, step: int, part: range) -> list[str]:
        """The task that each of these pictures of a step's batch is from."""
        frames = self.frames(step)
        random, count = generator("pictures", self._seed, step), self.lengths[frames]
        drawn = random.choice(len(self._names[frames]), count, p=self._weights[frames])
        return [self._names[frames][drawn[place]] for place in part]


def to_tensor(clips: NDArray[np.uint8]) -> Tensor:
    """uint8 [B, T, H, W, 3] -> float32 [B, 3, T, H, W] in [-1, 1]."""
    return torch.from_numpy(np.array(clips)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1.0
