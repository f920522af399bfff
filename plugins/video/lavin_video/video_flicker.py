"""Flicker: what changes from frame to frame in a prediction, but not in the truth."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lavincli.builtins.averages import Averages, check_alike
from lavincli.clip import Clip
from lavincli.errors import InputError

Of = Literal["rgb", "inverse_depth"]


class VideoFlicker(Averages):
    """Mean of ``|(p[t + 1] - p[t]) - (g[t + 1] - g[t])|`` over pixels and frames, averaged over items.

    That is by how much the error of a prediction p of the truth g changes from one frame to the next: an error that
    stays where it is does not flicker, and motion that the truth has too is none.

    - ``flicker``, for clips: in levels of 255, over all channels.
    - ``depth_flicker``, for inverse depth: after one scale and shift for the whole clip that bring the prediction
      nearest to the truth by least squares (as `affine_invariant_depth` does it), in shares of the mean true inverse
      depth. Pixels count where both frames of the truth are known.

    Args:
        of: "rgb" or "inverse_depth".
    """

    def __init__(self, *, of: Of = "rgb") -> None:
        super().__init__()
        if of not in get_args(Of):
            raise ValueError(f"of is 'rgb' or 'inverse_depth', not {of!r}")
        self._of = of
        self._key = "flicker" if of == "rgb" else "depth_flicker"
        self.higher_is_better = {self._key: False}
        self.picture_loss = {} if of == "rgb" else {self._key: 0.02}  # rounding to 256 levels

    def update(self, prediction: Any, target: Any, *, query: Clip | None = None) -> None:
        """Count in one prediction: ``uint8 [T, H, W, 3]``, or inverse depth ``float32 [T, H, W]``.

        Raises InputError: different shapes, a single frame, or no depth that is known in two frames.
        """
        del query
        check_alike(prediction, target)
        if target.ndim != (4 if self._of == "rgb" else 3) or target.shape[0] < 2:
            raise InputError(f"{self._key}: needs a clip of at least 2 frames, not {list(target.shape)}")
        if self._of == "rgb":
            error = prediction.astype(np.float32) - target
            self.add({self._key: float(np.abs(np.diff(error, axis=0)).mean(dtype=np.float64))})
        else:
            self.add({self._key: _depth_flicker(prediction.astype(np.float64), target.astype(np.float64))})


def _depth_flicker(prediction: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    valid = np.isfinite(target)
    if not np.isfinite(prediction[valid]).all():
        raise InputError("depth_flicker: the prediction is not finite where the target is known")
    change = np.abs(np.diff(_aligned(prediction, target, valid) - target, axis=0))
    both = valid[1:] & valid[:-1]
    mean = float(target[valid].mean()) if valid.any() else 0.0
    if not both.any() or mean <= 0:
        raise InputError("depth_flicker: no depth of the target is known in two frames")
    return float(change[both].mean()) / mean


def _aligned(
    prediction: NDArray[np.float64], target: NDArray[np.float64], valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Scaled and shifted to be nearest to the target; a constant becomes the target's mean."""
    if not valid.any():
        return prediction
    guess, truth = prediction[valid], target[valid]
    spread = guess - guess.mean()
    scale = 0.0 if guess.min() == guess.max() else float(spread @ truth / (spread @ spread))
    aligned: NDArray[np.float64] = scale * (prediction - guess.mean()) + truth.mean()
    return aligned
