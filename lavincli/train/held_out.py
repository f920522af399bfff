"""Pictures that an ST-VAE is validated on, which it is never trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.train.batches import to_tensor
from lavincli.train.clip_lengths import STILL
from lavincli.train.objective import Figures
from lavincli.train.patch_pca import PatchPCA, psnr_each

Rebuild = Callable[[Tensor], Tensor]
"""What becomes of a batch of clips, [B, 3, T, S, S]."""


class HeldOutPictures:
    """Stills and clips, on disk until they are looked at.

    Args:
        sides: inputs or targets of one task each, `uint8 [N, T, S, S, 3]`.
        batches: the lengths in frames that are looked at, and how many stills or clips at once.
        pca: what the ST-VAE is shown beside.
    """

    def __init__(self, sides: Iterable[NDArray[np.uint8]], batches: Mapping[int, int], pca: PatchPCA) -> None:
        self._sides = [side for side in sides if side.shape[1] in batches]
        self._batches, self._pca = batches, pca

    def figures(self, rebuild: Rebuild) -> Figures:
        """PSNR of all, beside the PCA with as many numbers; where there are both, of stills and clips apart too."""
        found: dict[str, dict[str, list[Tensor]]] = {"psnr": {}, "psnr_pca": {}}
        for pictures in self._in_batches():
            linear = self._pca.decode(self._pca.encode(pictures))
            for name, rebuilt in (("psnr", rebuild(pictures)), ("psnr_pca", linear)):
                found[name].setdefault(kind(pictures.shape[2]), []).append(psnr_each(rebuilt, pictures))
        figures = {}
        for name, by_kind in found.items():
            values = {of: torch.cat(some) for of, some in by_kind.items()}
            figures[name] = float(torch.cat(list(values.values())).mean())
            if len(values) > 1:
                figures |= {f"{name}/{of}": float(some.mean()) for of, some in values.items()}
        return figures

    def examples(self, most: int) -> Iterator[Tensor]:
        """The first of each of some sides, [1, 3, T, S, S]: of every length so many at most."""
        for frames in self._batches:
            yield from (to_tensor(side[:1]) for side in self._of_length(frames)[:most])

    def _in_batches(self) -> Iterator[Tensor]:
        for frames, count in self._batches.items():
            for side in self._of_length(frames):
                yield from (to_tensor(side[first : first + count]) for first in range(0, len(side), count))

    def _of_length(self, frames: int) -> list[NDArray[np.uint8]]:
        return [side for side in self._sides if side.shape[1] == frames]


def kind(frames: int) -> str:
    """What figures of stills and of clips are called."""
    return "stills" if frames == STILL else "clips"
