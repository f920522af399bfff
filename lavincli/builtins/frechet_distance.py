"""How far a set of pictures is from another set of pictures, by the features of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError

if TYPE_CHECKING:
    from torch import nn

Vectors = NDArray[np.float64]


class FrechetDistance:
    """Fréchet distance between Gaussians fitted to the features of all predictions and of all targets.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) with means m and covariances C. Each frame of a clip counts as a
    picture; a set of one picture has no covariance. With few pictures the distance is biased upwards (their
    covariances are of low rank), so only sets of the same number can be compared.

    Only on Inception's features is it the FID (Heusel et al., NeurIPS 2017, arXiv 1706.08500), and has that name.

    Args:
        features: "model": the bundled model's encoder, 96 features (key ``frechet_distance``). "inception": the real
            FID's 2048 features, which need the extra ``metrics`` (key ``fid``). Or any torch module: ``float32
            [B, 3, H, W]`` in -1..1 -> ``[B, D]``, or a list of feature maps, of which the last one is averaged over
            places.
    """

    def __init__(self, *, features: str | nn.Module = "model") -> None:
        if isinstance(features, str) and features not in ("model", "inception"):
            raise ValueError(f"features is 'model', 'inception' or a torch module, not {features!r}")
        self._features = features
        self._key = "fid" if features == "inception" else "frechet_distance"
        self.higher_is_better = {self._key: False}
        self._predictions: list[Vectors] = []
        self._targets: list[Vectors] = []

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction and one target, ``uint8 [T, H, W, 3]`` each; they need not be of one size.

        Raises InputError with ``features: inception`` and without the extra.
        """
        del query
        self._predictions.append(self._vectors(prediction))
        self._targets.append(self._vectors(target))

    def merge(self, other: FrechetDistance) -> None:
        """Count in the items of another instance."""
        self._predictions.extend(other._predictions)
        self._targets.extend(other._targets)

    def compute(self) -> dict[str, float]:
        """The distance between the two sets. Raises InputError if there was no item."""
        if not self._predictions:
            raise InputError(f"{self._key}: there is no item to score")
        return {self._key: frechet_distance(np.concatenate(self._predictions), np.concatenate(self._targets))}

    def _vectors(self, clip: Clip) -> Vectors:
        if self._features == "inception":
            from lavincli.builtins.real_backbones import inception_vectors

            return inception_vectors(clip)
        from lavincli.builtins.features import bundled_features, feature_vectors

        return feature_vectors(bundled_features() if isinstance(self._features, str) else self._features, clip)


def frechet_distance(first: Vectors, second: Vectors) -> float:
    """Fréchet distance between the Gaussians fitted to ``[N, D]`` and ``[M, D]``, covariances with N - 1 and M - 1.

    With centred features A and B scaled so that C1 = A'A and C2 = B'B, the trace of (C1 C2)^(1/2) is the sum of the
    singular values of A B'. This needs no root of a matrix, which is inexact where N < D makes the covariances
    singular, and for few pictures it is quick.
    """
    shift = first.mean(axis=0) - second.mean(axis=0)
    one, other = _reduced(_centred(first)), _reduced(_centred(second))
    common = np.linalg.svd(one @ other.T, compute_uv=False).sum()
    spread = np.square(one).sum() + np.square(other).sum()
    return max(0.0, float(shift @ shift + spread - 2 * common))


def _centred(vectors: Vectors) -> Vectors:
    scaled: Vectors = (vectors - vectors.mean(axis=0)) / np.sqrt(max(1, len(vectors) - 1))
    return scaled


def _reduced(centred: Vectors) -> Vectors:
    """At most D rows with the same covariance."""
    if centred.shape[0] <= centred.shape[1]:
        return centred
    factor: Vectors = np.linalg.qr(centred).R
    return factor
