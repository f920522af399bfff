"""Endpoint error of optical flow, and the shares of outliers that Sintel and KITTI report."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip
from lavincli.errors import InputError

Align = Literal["none", "scale"]

_PIXELS: Final = (1.0, 3.0, 5.0)
_FL_PIXELS: Final = 3.0
_FL_SHARE: Final = 0.05


class EndpointError:
    """Distance between predicted and true motion in pixels, over the valid pixels of all items together.

    - ``epe``: the mean distance (Barron et al., IJCV 1994; Butler et al., "Sintel", ECCV 2012).
    - ``px1``, ``px3``, ``px5``: share of the pixels that are off by more than 1, 3 and 5 pixels.
    - ``fl_all``: share of the pixels that are off by more than 3 pixels and by more than 5 % of the true motion (Menze
      and Geiger, "KITTI 2015", CVPR 2015).

    Args:
        align: "none", or "scale" for flow in unknown units: each item (all frames of a clip together) is first
            multiplied by the one number, not below 0, that brings it nearest to the truth by least squares.

    Attributes:
        alignment: in words, for results.
    """

    higher_is_better = MappingProxyType(dict.fromkeys(("epe", "px1", "px3", "px5", "fl_all"), False))
    picture_loss = MappingProxyType({"epe": 0.5, "px1": 0.05, "px3": 0.02, "px5": 0.02, "fl_all": 0.02})

    def __init__(self, *, align: Align = "none") -> None:
        if align not in get_args(Align):
            raise ValueError(f"align is 'none' or 'scale', not {align!r}")
        self._align = align
        self.alignment = "none" if align == "none" else "least-squares scale, for each item"
        self._sums = np.zeros(len(self.higher_is_better))
        self._pixels = 0

    def update(
        self, prediction: NDArray[np.floating], target: NDArray[np.floating], *, query: Clip | None = None
    ) -> None:
        """Count in one prediction.

        Args:
            prediction: ``[H, W, 2]`` or ``[T, H, W, 2]``.
            target: the same shape, in pixels; NaN = not known.
            query: not needed.

        Raises InputError: other shapes, no pixel of the target is known, a prediction that isn't finite there.
        """
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted flow is {list(prediction.shape)}, the target {list(target.shape)}")
        valid = np.isfinite(target).all(axis=-1)
        if not valid.any():
            raise InputError("endpoint_error: the target has no pixel whose motion is known")
        guess, truth = prediction[valid].astype(np.float64), target[valid].astype(np.float64)
        if not np.isfinite(guess).all():
            raise InputError("endpoint_error: the prediction is not finite where the target is known")
        if self._align == "scale":
            guess *= _scale(guess, truth)
        error = np.linalg.norm(guess - truth, axis=1)
        outliers = (error > _FL_PIXELS) & (error > _FL_SHARE * np.linalg.norm(truth, axis=1))
        self._sums += (
            error.sum(),
            *(np.count_nonzero(error > pixels) for pixels in _PIXELS),
            np.count_nonzero(outliers),
        )
        self._pixels += len(error)

    def merge(self, other: EndpointError) -> None:
        """Count in the items of another instance with the same options."""
        self._sums += other._sums
        self._pixels += other._pixels

    def compute(self) -> dict[str, float]:
        """The scores of the items so far. Raises InputError if there was none."""
        if self._pixels == 0:
            raise InputError("endpoint_error: there is no item to score")
        return dict(zip(self.higher_is_better, (self._sums / self._pixels).tolist(), strict=True))


def _scale(guess: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """The number, not below 0, that brings ``guess`` nearest to ``truth``; 0 for a guess of no motion."""
    length = float(np.sum(guess**2))
    return max(0.0, float(np.sum(guess * truth)) / length) if length > 0 else 0.0
