"""Batches of pictures, a function of (seed, step) alone: a resumed run sees what an uninterrupted one would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.cards.framing import generator


class PictureBatches:
    """Draws single pictures, inputs and targets alike, from pools of rendered pairs."""

    def __init__(
        self, pools: Sequence[NDArray[np.uint8]], weights: Sequence[float], batch_size: int, seed: int
    ) -> None:
        self._pools = pools
        self._shares = np.asarray(weights, dtype=np.float64) / sum(weights)
        self._batch_size, self._seed = batch_size, seed

    def __call__(self, step: int, part: range | None = None) -> Tensor:
        """float32 [B, 3, T, S, S] in [-1, 1], half of the pictures mirrored.

        Of the batch of a step, or of the pictures of it that `part` numbers: all are drawn, no others are read.
        """
        random = generator("pictures", self._seed, step)
        part = range(self._batch_size) if part is None else part
        pictures = []
        for place, pool in enumerate(random.choice(len(self._pools), self._batch_size, p=self._shares)):
            array = self._pools[pool]
            number, side, mirrored = random.integers(array.shape[0]), random.integers(2), random.random() < 0.5
            if place in part:
                picture = array[number, side]
                pictures.append(picture[:, :, ::-1] if mirrored else picture)
        return to_tensor(np.stack(pictures))


def to_tensor(clips: NDArray[np.uint8]) -> Tensor:
    """uint8 [B, T, H, W, 3] -> float32 [B, 3, T, H, W] in [-1, 1]."""
    return torch.from_numpy(np.array(clips)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1.0
