"""J and F, the scores of DAVIS for objects followed through a clip."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lavin_video.boundary_maps import boundary_f
from lavincli.clip import Clip
from lavincli.errors import InputError

_MOST_OBJECTS: Final = 20
"""Predicted objects that are looked at, the largest first; DAVIS' own limit."""
_NOWHERE: Final = -1
"""The id of an object that no pixel has."""


class JaccardBoundary:
    """Region similarity J and contour accuracy F of objects followed through clips (DAVIS).

    - ``j_mean``: intersection over union of an object's masks in a frame, averaged over its frames, then over the
      objects of all items. An object that is in neither of the two masks counts 1 there.
    - ``f_mean``: F of the outlines, not farther apart than 0.8 % of the diagonal, averaged likewise.
    - ``j_and_f``: the mean of the two.

    A prediction's ids are its own, so its objects are first assigned to the true ones, one to one for the whole clip,
    with the largest sum of J and F (DAVIS 2019's unsupervised protocol, Caelles et al., arXiv 1905.00737). A true
    object without a partner gets an empty mask; predicted objects without one cost nothing. A truth without
    objects counts 1 if nothing is predicted either, else 0. Pixels below 0 in the truth (DAVIS' void) count nowhere.

    Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016;
    Pont-Tuset et al., "The 2017 DAVIS Challenge", arXiv 1704.00675.
    """

    higher_is_better = MappingProxyType({"j_and_f": True, "j_mean": True, "f_mean": True})

    def __init__(self) -> None:
        self._objects: list[tuple[float, float]] = []

    def update(self, prediction: NDArray[np.int32], target: NDArray[np.int32], *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``int32 [T, H, W]`` or ``[H, W]``. Raises InputError for other shapes."""
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted ids are {list(prediction.shape)}, the target {list(target.shape)}")
        truth = target.reshape(-1, *target.shape[-2:])
        guess = np.where(truth < 0, 0, np.maximum(prediction.reshape(truth.shape), 0))
        found, objects = _largest_first(guess)[:_MOST_OBJECTS], _largest_first(truth)
        if not len(objects):
            score = 0.0 if len(found) else 1.0
            self._objects.append((score, score))
            return
        found = np.pad(found, (0, max(0, len(objects) - len(found))), constant_values=_NOWHERE)
        frames = [
            _scores(ours == _column(found), true == _column(objects)) for ours, true in zip(guess, truth, strict=True)
        ]
        j, f = (np.stack(scores, axis=2).mean(axis=2) for scores in zip(*frames, strict=True))
        own, partner = linear_sum_assignment(j + f, maximize=True)
        self._objects.extend(zip(j[own, partner].tolist(), f[own, partner].tolist(), strict=True))

    def merge(self, other: JaccardBoundary) -> None:
        """Count in the items of another instance."""
        self._objects.extend(other._objects)

    def compute(self) -> dict[str, float]:
        """The averages over the objects of all items. Raises InputError if there was no item."""
        if not self._objects:
            raise InputError("jaccard_boundary: there is no item to score")
        j, f = (float(mean) for mean in np.mean(self._objects, axis=0))
        return {"j_and_f": (j + f) / 2, "j_mean": j, "f_mean": f}


def _scores(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """J and F of the masks of one frame, ``[P, H, W]`` and ``[N, H, W]``: ``[P, N]`` each."""
    return jaccard(predicted, true), boundary_f(predicted[:, None], true[:, None])[:, :, 0]


def jaccard(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Intersection over union of ``[P, H, W]`` and ``[N, H, W]``: ``[P, N]``; of nothing 1."""
    one, other = (masks.reshape(len(masks), -1) for masks in (predicted, true))
    shared = one.astype(np.float32) @ other.astype(np.float32).T
    union = one.sum(axis=1)[:, None] + other.sum(axis=1) - shared
    scores = np.where(union > 0, shared / np.maximum(union, 1), 1.0)
    return scores.astype(np.float64)


def _largest_first(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """The ids above 0 in ``[T, H, W]``, those of most pixels first."""
    found, counts = np.unique(ids[ids > 0], return_counts=True)
    return found[np.argsort(-counts, kind="stable")]


def _column(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """``[N]`` -> ``[N, 1, 1]``, to compare with a frame."""
    return ids[:, None, None]
