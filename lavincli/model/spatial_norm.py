"""Spatial norm: a group norm whose scale and shift are read from the latents at each place (MoVQ, arXiv 2209.09002)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, cat, nn

from lavincli.model.causal_conv import CausalConv3d
from lavincli.model.config import LATENT_CHANNELS

NORM_EPSILON = 1e-6


def _resize_like(z_bcthw: Tensor, frames: int, height: int, width: int) -> Tensor:
    """Nearest neighbour to frames x height x width; of an odd count of frames above one the first is resized apart."""
    if frames > 1 and frames % 2:
        first = _resize_like(z_bcthw[:, :, :1], 1, height, width)
        return cat([first, F.interpolate(z_bcthw[:, :, 1:], size=(frames - 1, height, width), mode="nearest")], dim=2)
    if frames == 1:
        return F.interpolate(z_bcthw[:, :, 0], size=(height, width), mode="nearest").unsqueeze(2)
    return F.interpolate(z_bcthw, size=(frames, height, width), mode="nearest")


class SpatialNorm(nn.Module):
    """GroupNorm(f) * conv_y(z) + conv_b(z), with z resized to f.

    The 1x1x1 convolutions come before the resizing: nearest-neighbour copies commute with them, and the latents are
    up to 64 times smaller.
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm_layer = nn.GroupNorm(groups, channels, eps=NORM_EPSILON)
        self.conv_y = CausalConv3d(LATENT_CHANNELS, channels, 1)
        self.conv_b = CausalConv3d(LATENT_CHANNELS, channels, 1)

    def forward(self, f_bcthw: Tensor, z_bcthw: Tensor) -> Tensor:
        size = f_bcthw.shape[2:]
        scale = _resize_like(self.conv_y(z_bcthw), *size)
        shift = _resize_like(self.conv_b(z_bcthw), *size)
        normed: Tensor = self.norm_layer(f_bcthw)
        return normed * scale + shift
