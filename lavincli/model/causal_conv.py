"""Causal 3D convolution: a frame sees itself and the frames before it."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, cat, nn, unflatten


class CausalConv3d(nn.Module):
    """3D convolution padded in time by repeating the first frame `kernel_size - 1` times in front, in space by zeros.

    A one-frame clip meets the same frame at every temporal tap, so it goes through a 2D convolution whose kernel is
    summed over time: the same result with a third of the work.

    Attributes:
        folds_stills: whether it does. Where it doesn't, stills go the published way, for comparison.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv3d(in_channels, out_channels, kernel_size)
        self.kernel_size = kernel_size
        self.folds_stills = True

    def forward(self, x_bcthw: Tensor) -> Tensor:
        pad = self.kernel_size // 2
        weight, bias = self.conv.weight, self.conv.bias
        if x_bcthw.shape[2] == 1 and self.folds_stills:
            return F.conv2d(x_bcthw.squeeze(2), weight.sum(2), bias, padding=pad).unsqueeze(2)
        if self.kernel_size > 1:
            first = x_bcthw[:, :, :1].expand(-1, -1, self.kernel_size - 1, -1, -1)
            x_bcthw = cat([first, x_bcthw], dim=2)
        return F.conv3d(x_bcthw, weight, bias, padding=(0, pad, pad))


def per_frame(conv: nn.Conv2d, x_bcthw: Tensor) -> Tensor:
    """Apply a 2D convolution to every frame: [B, C, T, H, W] -> [B, C', T, H', W']."""
    batch, _, frames = x_bcthw.shape[:3]
    if frames == 1:
        still: Tensor = conv(x_bcthw.squeeze(2)).unsqueeze(2)
        return still
    y: Tensor = conv(x_bcthw.transpose(1, 2).flatten(0, 1))
    return unflatten(y, 0, (batch, frames)).transpose(1, 2)
