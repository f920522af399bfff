"""Perceptual loss: L2 between channel-normalised features of a VGG16 trunk that the user names.

The distance is only LPIPS with stock VGG16 and its fitted heads (arXiv 1801.03924); here every channel counts the same,
and it carries no such name.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lavincli.errors import CheckpointError
from lavincli.model.weights import read_weights

# Convolutions of each stage; features are read after the last of every stage.
_STAGES = (2, 2, 3, 3, 3)
_MEAN_BGR = (104.007, 116.669, 122.679)


class PerceptualDistance(nn.Module):
    """Trunk file: safetensors with `conv1_1.weight`, `conv1_1.bias` ... `conv5_3.bias`, fed BGR 0..255 minus a mean."""

    mean: Tensor

    def __init__(self, trunk: Path) -> None:
        super().__init__()
        if not trunk.exists():
            raise CheckpointError(
                f"{trunk}: no such file; the perceptual loss needs a VGG16 trunk (or set loss.perceptual=null)"
            )
        weights = read_weights(trunk)
        self.names = [f"conv{s + 1}_{i + 1}" for s, count in enumerate(_STAGES) for i in range(count)]
        _check(weights, self.names, trunk)
        for name in self.names:
            for part in ("weight", "bias"):
                self.register_buffer(f"{name}_{part}", weights[f"{name}.{part}"].float())
        self.register_buffer("mean", torch.tensor(_MEAN_BGR).view(1, 3, 1, 1))

    def features(self, pictures: Tensor) -> list[Tensor]:
        """RGB [B, 3, H, W] in [-1, 1] -> relu1_2, relu2_2, relu3_3, relu4_3, relu5_3, each normalised over channels."""
        x = ((pictures + 1) * 127.5).flip(1) - self.mean
        found, names = [], iter(self.names)
        for stage, count in enumerate(_STAGES):
            if stage:
                x = F.max_pool2d(x, 2, ceil_mode=True)
            for _ in range(count):
                name = next(names)
                x = F.relu(F.conv2d(x, self.get_buffer(f"{name}_weight"), self.get_buffer(f"{name}_bias"), padding=1))
            found.append(x.float() / (x.float().square().sum(1, keepdim=True).sqrt() + 1e-6))
        return found

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Mean distance of two batches [B, 3, H, W]; gradients flow to `a` alone."""
        with torch.no_grad():
            targets = self.features(b)
        distances = [(f - g).square().sum(1).mean() for f, g in zip(self.features(a), targets, strict=True)]
        return torch.stack(distances).mean()


def _check(weights: dict[str, Tensor], names: list[str], trunk: Path) -> None:
    """Raises CheckpointError unless the convolutions are there and each takes what the one before gives."""
    channels = 3
    for name in names:
        weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
        if weight is None or bias is None:
            raise CheckpointError(f"{trunk}: not a VGG16 trunk: it lacks {name}.weight or .bias")
        if weight.shape[1:] != (channels, 3, 3) or bias.shape != weight.shape[:1]:
            shape = "x".join(map(str, weight.shape))
            raise CheckpointError(f"{trunk}: not a VGG16 trunk: {name}.weight is {shape}, not Nx{channels}x3x3")
        channels = weight.shape[0]
