"""Scores of relative depth, aligned to the truth before they are taken (MiDaS; Marigold's practice)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.builtins.averages import Averages
from lavincli.clip import Clip
from lavincli.errors import InputError

_DELTA: Final = 1.25


class AffineInvariantDepth(Averages):
    """AbsRel, delta1 and RMSE of depth, after a scale and a shift that fit the prediction to the truth.

    Inverse depth from a picture has no unit. So for each item (all frames of a clip together) the scale and the shift
    are found that bring the prediction nearest to the truth, by least squares in disparity (1 / metres) over the valid
    pixels; the result is clipped to the range and inverted to metres (Ranftl et al., "Towards robust monocular depth
    estimation", 2020; Ke et al., "Marigold", CVPR 2024). Then, with prediction p and truth g in metres:

    - ``abs_rel``: mean of ``|p - g| / g``.
    - ``delta1``: share of the pixels with ``max(p / g, g / p) < 1.25``.
    - ``rmse``: square root of the mean of ``(p - g) ** 2``, in metres.

    Each is taken over the pixels of an item and averaged over the items. A constant prediction becomes the mean of the
    truth's disparity. As in the field the scale may come out negative, so that a prediction whose near and far are
    swapped is turned round; ``positive_scale`` gives those the best constant instead.

    Args:
        min_depth, max_depth: metres; truth outside, or at infinity, isn't counted, predictions are clipped to it. The
            defaults are NYU-v2's.
        positive_scale: the scale may not be below 0.

    Attributes:
        alignment: in words, for results.
    """

    higher_is_better = MappingProxyType({"abs_rel": False, "delta1": True, "rmse": False})
    picture_loss = MappingProxyType({"abs_rel": 0.05, "delta1": 0.05, "rmse": 0.5})
    alignment = "least-squares scale and shift in disparity, for each item"

    def __init__(self, *, min_depth: float = 1e-3, max_depth: float = 10.0, positive_scale: bool = False) -> None:
        if not 0 < min_depth < max_depth:
            raise ValueError(f"0 < min_depth < max_depth is needed, not {min_depth} and {max_depth}")
        super().__init__()
        self._nearest, self._farthest = 1 / min_depth, 1 / max_depth
        self._positive_scale = positive_scale

    def update(
        self, prediction: NDArray[np.floating], target: NDArray[np.floating], *, query: Clip | None = None
    ) -> None:
        """Count in one prediction.

        Args:
            prediction: inverse depth ``[H, W]`` or ``[T, H, W]``, in any unit.
            target: inverse depth of the same shape, in 1 / metres; NaN = not known, 0 = infinitely far.
            query: not needed.

        Raises InputError: other shapes, no pixel of the target in the range, a prediction that isn't finite there.
        """
        del query
        if prediction.shape != target.shape:
            raise InputError(f"the predicted depth is {list(prediction.shape)}, the target {list(target.shape)}")
        # NaN fails both comparisons.
        valid = (target > self._farthest) & (target < self._nearest)
        if not valid.any():
            raise InputError(
                f"affine_invariant_depth: the target has no pixel between {1 / self._nearest:g} and "
                f"{1 / self._farthest:g} m to score"
            )
        guess, truth = prediction[valid].astype(np.float64), target[valid].astype(np.float64)
        if not np.isfinite(guess).all():
            raise InputError("affine_invariant_depth: the prediction is not finite where the target is valid")
        scale, shift = self._fit(guess, truth)
        depth = 1 / np.clip(scale * guess + shift, self._farthest, self._nearest)
        metres = 1 / truth
        ratio = np.maximum(depth / metres, metres / depth)
        self.add(
            {
                "abs_rel": float(np.mean(np.abs(depth - metres) / metres)),
                "delta1": float(np.mean(ratio < _DELTA)),
                "rmse": float(np.sqrt(np.mean((depth - metres) ** 2))),
            }
        )

    def _fit(self, guess: NDArray[np.float64], truth: NDArray[np.float64]) -> tuple[float, float]:
        """The scale and shift for which ``scale * guess + shift`` is nearest to ``truth``."""
        mean = float(guess.mean())
        spread = guess - mean
        # Compared with each other: a constant's mean may differ from it by a rounding.
        scale = 0.0 if guess.min() == guess.max() else float(spread @ truth / (spread @ spread))
        if self._positive_scale:
            scale = max(scale, 0.0)
        return scale, float(truth.mean()) - scale * mean
