"""Scores of clips frame by frame: averaged, and by how far ahead a frame was foretold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lavincli.builtins.averages import Averages, check_alike
from lavincli.builtins.image_metrics import decibels
from lavincli.builtins.perceptual_distance import PerceptualDistance
from lavincli.clip import Clip
from lavincli.errors import InputError

Features = Literal["model", "lpips", "none"]
_NO_ERROR: Final = 100.0
"""dB of a frame without any error, so that one such frame does not make the average of a clip infinite."""


class FrameScores(Averages):
    """PSNR, SSIM and a perceptual distance of each new frame; averaged over the frames, and over items.

    - ``psnr_frames``: in dB, at most 100 a frame. ``psnr_at_4``: that of the fourth new frame alone, and so on.
    - ``ssim_frames`` (Wang et al. 2004), ``ssim_at_4``.
    - ``perceptual_frames``, or ``lpips_frames``: see `PerceptualDistance`.

    Args:
        known: frames at the start of a clip that were given and aren't scored.
        horizons: new frames, counted from 1, that also have scores of their own.
        features: of the perceptual distance: "model" (the bundled encoder), "lpips" (needs the extra ``metrics``) or
            "none" to do without.
    """

    def __init__(self, *, known: int = 0, horizons: Sequence[int] = (), features: Features = "model") -> None:
        super().__init__()
        if known < 0 or any(horizon < 1 for horizon in horizons):
            raise ValueError(f"known is at least 0 and horizons at least 1, not {known} and {list(horizons)}")
        if features not in get_args(Features):
            raise ValueError(f"features is 'model', 'lpips' or 'none', not {features!r}")
        self._known = known
        self._horizons = tuple(horizons)
        self._features = features
        perceptual = {"model": ["perceptual_frames"], "lpips": ["lpips_frames"], "none": []}[features]
        by_horizon = {f"{name}_at_{horizon}": True for name in ("psnr", "ssim") for horizon in self._horizons}
        self.higher_is_better = {
            "psnr_frames": True,
            "ssim_frames": True,
            **dict.fromkeys(perceptual, False),
            **by_horizon,
        }
        self.perfect = {key: _NO_ERROR for key in self.higher_is_better if key.startswith("psnr")}

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``uint8 [T, H, W, 3]``, at least 6 pixels high and wide.

        Raises InputError: different shapes, or fewer new frames than the farthest horizon.
        """
        del query
        check_alike(prediction, target)
        new = target.shape[0] - self._known
        if new < max(1, *self._horizons, 0):
            raise InputError(
                f"frame_scores: {target.shape[0]} frames of which {self._known} are known leave {new} new ones, "
                f"{max(1, *self._horizons, 0)} are needed"
            )
        prediction, target = prediction[self._known :], target[self._known :]
        psnr = [
            min(_NO_ERROR, decibels(ours.astype(np.float64) - truth))
            for ours, truth in zip(prediction, target, strict=True)
        ]
        ssim = _ssim_of_frames(prediction, target)
        scores = {"psnr_frames": float(np.mean(psnr)), "ssim_frames": float(np.mean(ssim))}
        if self._features != "none":
            distance = PerceptualDistance(features=self._features)
            distance.update(prediction, target)
            (key,) = (key for key, higher in self.higher_is_better.items() if not higher)
            (scores[key],) = distance.compute().values()
        for horizon in self._horizons:
            scores[f"psnr_at_{horizon}"] = psnr[horizon - 1]
            scores[f"ssim_at_{horizon}"] = float(ssim[horizon - 1])
        self.add(scores)


def _ssim_of_frames(prediction: Clip, target: Clip) -> NDArray[np.float64]:
    """SSIM of each frame ``[T]``."""
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    first, second = (
        torch.from_numpy(clip.astype(np.float64).transpose(0, 3, 1, 2).copy()) for clip in (prediction, target)
    )
    similarity = structural_similarity_index_measure(first, second, data_range=255.0, reduction="none")
    assert isinstance(similarity, torch.Tensor)  # a tuple only where further maps are asked for
    return similarity.numpy()
