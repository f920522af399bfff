"""How different two pictures look, by the features of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from lavincli.builtins.averages import Averages, check_alike
from lavincli.clip import Clip
from lavincli.errors import InputError

if TYPE_CHECKING:
    from torch import nn

Net = Literal["alex", "vgg", "squeeze"]
_SMALLEST_LPIPS: Final = 64
"""Pixels; AlexNet's poolings leave nothing of a smaller picture."""


class PerceptualDistance(Averages):
    """Squared distance of unit-normalised features, averaged over places, summed over levels, and over frames averaged.

    That is LPIPS (Zhang et al., CVPR 2018, arXiv 1801.03924) without its fitted weights, and on the features at hand;
    only with ``features: lpips`` is it the published measure, and has its name.

    Args:
        features: "model": the bundled model's encoder (key ``perceptual_distance``). "lpips": the real LPIPS, which
            needs the extra ``metrics`` (key ``lpips``). Or any torch module: ``float32 [B, 3, H, W]`` in -1..1 -> a
            list of feature maps ``[B, C, h, w]``, or ``[B, D]``.
        net: the backbone of LPIPS, "alex", "vgg" or "squeeze"; papers on restoration mostly use "alex".

    Scores of different features can't be compared with each other.
    """

    def __init__(self, *, features: str | nn.Module = "model", net: Net = "alex") -> None:
        super().__init__()
        if isinstance(features, str) and features not in ("model", "lpips"):
            raise ValueError(f"features is 'model', 'lpips' or a torch module, not {features!r}")
        if net not in get_args(Net):
            raise ValueError(f"net is one of {', '.join(get_args(Net))}, not {net!r}")
        self._features = features
        self._net = net
        self._key = "lpips" if features == "lpips" else "perceptual_distance"
        self.higher_is_better = {self._key: False}

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one prediction; both are ``uint8 [T, H, W, 3]`` of one size.

        Raises InputError for different sizes; with ``features: lpips`` also without the extra, or below 64 pixels.
        """
        del query
        check_alike(prediction, target)
        self.add({self._key: self._distance(prediction, target)})

    def _distance(self, prediction: Clip, target: Clip) -> float:
        if self._features == "lpips":
            from lavincli.builtins.real_backbones import lpips_distance

            if min(prediction.shape[1:3]) < _SMALLEST_LPIPS:
                size = f"{prediction.shape[2]} x {prediction.shape[1]}"
                raise InputError(f"lpips: needs pictures of {_SMALLEST_LPIPS} pixels or more, not {size}")
            return lpips_distance(prediction, target, self._net)
        import torch.nn.functional as F

        from lavincli.builtins.features import bundled_features, feature_maps

        module = bundled_features() if isinstance(self._features, str) else self._features
        total = 0.0
        for first, second in zip(feature_maps(module, prediction), feature_maps(module, target), strict=True):
            difference = F.normalize(first.double(), dim=1) - F.normalize(second.double(), dim=1)
            total += float(difference.square().sum(dim=1).mean())
        return total
