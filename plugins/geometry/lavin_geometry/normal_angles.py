"""Angles between predicted and true surface normals."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.angle_histogram import AngleHistogram
from lavincli.clip import Clip
from lavincli.errors import InputError

_THRESHOLDS: Final = {"within_11_25": 11.25, "within_22_5": 22.5, "within_30": 30.0}
_NO_DIRECTION: Final = 90.0
"""The angle of a prediction that names no direction: the mean over all directions it might be."""


class NormalAngles:
    """Angles in degrees, over the valid pixels of all items together, as Fouhey et al. (ICCV 2013) and DSINE do.

    - ``normal_mean``, ``normal_median``: mean and median angle.
    - ``normal_image_mean``: the mean over the items of each item's mean angle.
    - ``within_11_25``, ``within_22_5``, ``within_30``: share of the pixels below 11.25, 22.5 and 30 degrees.

    Pixels whose truth is NaN don't count. A prediction of NaN where the truth is known counts as 90 degrees.
    """

    higher_is_better = MappingProxyType(
        {"normal_mean": False, "normal_median": False, "normal_image_mean": False, **dict.fromkeys(_THRESHOLDS, True)}
    )
    picture_loss = MappingProxyType(
        {"normal_mean": 0.5, "normal_median": 0.5, "normal_image_mean": 0.5, **dict.fromkeys(_THRESHOLDS, 0.005)}
    )

    def __init__(self) -> None:
        self._angles = AngleHistogram()
        self._within = np.zeros(len(_THRESHOLDS), dtype=np.int64)
        self._image_means = 0.0
        self._images = 0

    def update(
        self, prediction: NDArray[np.floating], target: NDArray[np.floating], *, query: Clip | None = None
    ) -> None:
        """Count in one prediction.

        Args:
            prediction: ``[H, W, 3]`` or ``[T, H, W, 3]``, of any length.
            target: the same shape and axes; NaN = not known.
            query: not needed.

        Raises InputError: other shapes, or no pixel of the target is known.
        """
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted normals are {list(prediction.shape)}, the target {list(target.shape)}")
        valid = np.isfinite(target).all(axis=-1)
        if not valid.any():
            raise InputError("normal_angles: the target has no pixel whose normal is known")
        angles = angles_between(prediction[valid], target[valid])
        self._angles.add(angles)
        self._within += [np.count_nonzero(angles < threshold) for threshold in _THRESHOLDS.values()]
        self._image_means += float(angles.mean())
        self._images += 1

    def merge(self, other: NormalAngles) -> None:
        """Count in the items of another instance."""
        self._angles.merge(other._angles)
        self._within += other._within
        self._image_means += other._image_means
        self._images += other._images

    def compute(self) -> dict[str, float]:
        """The scores of the items so far. Raises InputError if there was none."""
        if self._images == 0:
            raise InputError("normal_angles: there is no item to score")
        shares = (self._within / self._angles.count).tolist()
        return {
            "normal_mean": self._angles.mean(),
            "normal_median": self._angles.median(),
            "normal_image_mean": self._image_means / self._images,
            **dict(zip(_THRESHOLDS, shares, strict=True)),
        }


def angles_between(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Degrees between vectors ``[N, 3]`` of any length; 90 where ``one`` isn't finite or has no length.

    By the arc tangent of sine and cosine: the arc cosine would make 1e-6 degrees of a rounding error of 1e-16.
    """
    first, second = np.nan_to_num(one.astype(np.float64), posinf=0.0, neginf=0.0), other.astype(np.float64)
    sine = np.linalg.norm(np.cross(first, second), axis=1)
    cosine = np.einsum("ij,ij->i", first, second)
    known = np.isfinite(one).all(axis=1) & (first != 0).any(axis=1)
    return np.where(known, np.degrees(np.arctan2(sine, cosine)), _NO_DIRECTION)
