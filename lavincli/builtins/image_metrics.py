"""Scores of pictures against pictures. Each is computed for every item and averaged over the items."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lavincli.builtins.averages import Averages, check_alike
from lavincli.builtins.color import luma
from lavincli.builtins.hole import find_hole
from lavincli.clip import Clip
from lavincli.errors import InputError

_IMAGENET_STD = np.array([0.229, 0.224, 0.225])


class PeakSignalNoiseRatio(Averages):
    """PSNR in dB over all pixels and channels of an item; infinite for identical pictures.

    Args:
        per_frame: average the PSNR of a clip's frames, as most papers on video do, and not one PSNR of all its pixels,
            which a single perfect frame does not make infinite.
        luma: also score the BT.601 luma (key ``psnr_y``), as papers on rain do.
    """

    def __init__(self, *, luma: bool = False, per_frame: bool = False) -> None:
        super().__init__()
        self._luma = luma
        self._per_frame = per_frame
        self.higher_is_better = {"psnr": True, "psnr_y": True} if luma else {"psnr": True}
        self.perfect = dict.fromkeys(self.higher_is_better, float("inf"))

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``uint8 [T, H, W, 3]``."""
        del query
        check_alike(prediction, target)
        scores = {"psnr": self._decibels(_difference(prediction, target))}
        if self._luma:
            scores["psnr_y"] = self._decibels(luma(prediction) - luma(target))
        self.add(scores)

    def _decibels(self, difference: NDArray[np.float64]) -> float:
        if not self._per_frame:
            return decibels(difference)
        return float(np.mean([decibels(frame) for frame in difference]))


class StructuralSimilarity(Averages):
    """SSIM (Wang et al. 2004): Gaussian window 11 x 11 with sigma 1.5, as torchmetrics computes it.

    The mean goes over all pixels, with the picture mirrored at its edges; the original leaves out a border of 5.

    Args:
        luma: also score the BT.601 luma (key ``ssim_y``).
    """

    def __init__(self, *, luma: bool = False) -> None:
        super().__init__()
        self._luma = luma
        self.higher_is_better = {"ssim": True, "ssim_y": True} if luma else {"ssim": True}

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``uint8 [T, H, W, 3]``, at least 6 pixels high and wide."""
        del query
        check_alike(prediction, target)
        scores = {"ssim": _ssim(prediction.astype(np.float64), target.astype(np.float64))}
        if self._luma:
            scores["ssim_y"] = _ssim(luma(prediction)[..., None], luma(target)[..., None])
        self.add(scores)


class MeanSquaredError(Averages):
    """MSE of pixels scaled to 0..1 (``mse``), and of ImageNet-normalised pixels (``mse_imagenet``)."""

    higher_is_better = MappingProxyType({"mse": False, "mse_imagenet": False})

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``uint8 [T, H, W, 3]``."""
        del query
        check_alike(prediction, target)
        difference = _difference(prediction, target) / 255
        self.add(
            {"mse": float(np.mean(difference**2)), "mse_imagenet": float(np.mean((difference / _IMAGENET_STD) ** 2))}
        )


class HolePeakSignalNoiseRatio(Averages):
    """PSNR in dB inside the mid-gray square of the query (of a clip, of each frame), where something is invented."""

    higher_is_better = MappingProxyType({"psnr_hole": True})
    perfect = MappingProxyType({"psnr_hole": float("inf")})

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; all are ``uint8 [T, H, W, 3]`` of one size.

        Raises InputError if there is no query, or one of its frames has no mid-gray square.
        """
        check_alike(prediction, target)
        if query is None:
            raise InputError("psnr_hole: needs the query, whose mid-gray square it scores")
        check_alike(query, target)
        hole = find_hole(query)
        if hole is None:
            raise InputError("psnr_hole: the query has no mid-gray (127) square")
        self.add({"psnr_hole": decibels(_difference(prediction, target)[hole])})


def decibels(difference: NDArray[np.float64]) -> float:
    """PSNR in dB of a difference between pictures of range 0..255; infinite where there is none."""
    mean_square = float(np.mean(difference**2))
    return float("inf") if mean_square == 0 else float(10 * np.log10(255**2 / mean_square))


def _difference(prediction: Clip, target: Clip) -> NDArray[np.float64]:
    return prediction.astype(np.float64) - target


def _ssim(prediction: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """SSIM of ``[T, H, W, C]`` with range 0..255, averaged over frames."""
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    first, second = (torch.from_numpy(clip.transpose(0, 3, 1, 2).copy()) for clip in (prediction, target))
    similarity = structural_similarity_index_measure(first, second, data_range=255.0)
    assert isinstance(similarity, torch.Tensor)  # a tuple only where further maps are asked for
    return float(similarity)
