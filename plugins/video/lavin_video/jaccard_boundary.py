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
        guess = np.where(truth < 0, 0, prediction.reshape(truth.shape))
        masks = _masks(guess, _MOST_OBJECTS)
        objects = _masks(truth, None)
        if not len(objects):
            score = 0.0 if len(masks) else 1.0
            self._objects.append((score, score))
            return
        missing = max(0, len(objects) - len(masks))
        masks = np.concatenate([masks, np.zeros((missing, *objects.shape[1:]), dtype=np.bool_)])
        j, f = jaccard(masks, objects).mean(axis=2), boundary_f(masks, objects).mean(axis=2)
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


def jaccard(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Intersection over union of ``[P, T, H, W]`` and ``[N, T, H, W]`` in each frame: ``[P, N, T]``; of nothing 1."""
    one, other = (np.moveaxis(masks.reshape(*masks.shape[:2], -1), 1, 0) for masks in (predicted, true))
    shared = one.astype(np.float32) @ np.swapaxes(other.astype(np.float32), 1, 2)
    union = one.sum(axis=2)[:, :, None] + other.sum(axis=2)[:, None] - shared
    scores = np.where(union > 0, shared / np.maximum(union, 1), 1.0)
    return np.moveaxis(scores.astype(np.float64), 0, 2)


def _masks(ids: NDArray[np.int32], most: int | None) -> NDArray[np.bool_]:
    """The masks ``bool [N, T, H, W]`` of the ids above 0, the largest first; ``most`` of them at most."""
    found, counts = np.unique(ids[ids > 0], return_counts=True)
    largest = found[np.argsort(-counts, kind="stable")][:most]
    masks: NDArray[np.bool_] = ids == largest[:, None, None, None]
    return masks
