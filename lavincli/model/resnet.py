"""Residual block of the ST-VAE: norm, SiLU, causal convolution, twice."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from lavincli.model.causal_conv import CausalConv3d
from lavincli.model.spatial_norm import NORM_EPSILON, SpatialNorm


class Resnet(nn.Module):
    """x + conv(SiLU(norm(conv(SiLU(norm(x)))))), with a 1x1x1 shortcut where channels change.

    The decoder's norms are spatial ones, which read the latents z.
    """

    conv_shortcut: nn.Conv3d | None

    def __init__(self, in_channels: int, out_channels: int, groups: int, *, spatial: bool) -> None:
        super().__init__()
        self.spatial = spatial
        self.norm1 = make_norm(in_channels, groups, spatial=spatial)
        self.conv1 = CausalConv3d(in_channels, out_channels)
        self.norm2 = make_norm(out_channels, groups, spatial=spatial)
        self.conv2 = CausalConv3d(out_channels, out_channels)
        self.conv_shortcut = nn.Conv3d(in_channels, out_channels, 1) if in_channels != out_channels else None

    def forward(self, x_bcthw: Tensor, z_bcthw: Tensor | None = None) -> Tensor:
        h: Tensor = self.conv1(F.silu(apply_norm(self.norm1, x_bcthw, z_bcthw)))
        h = self.conv2(F.silu(apply_norm(self.norm2, h, z_bcthw)))
        shortcut: Tensor = x_bcthw if self.conv_shortcut is None else self.conv_shortcut(x_bcthw)
        return h + shortcut


def make_norm(channels: int, groups: int, *, spatial: bool) -> nn.Module:
    """A spatial norm (decoder) or a plain group norm (encoder)."""
    return SpatialNorm(channels, groups) if spatial else nn.GroupNorm(groups, channels, eps=NORM_EPSILON)


def apply_norm(norm: nn.Module, x_bcthw: Tensor, z_bcthw: Tensor | None) -> Tensor:
    """Apply a norm of `make_norm`: a spatial one reads the latents z, a plain one is given None."""
    y: Tensor = norm(x_bcthw) if z_bcthw is None else norm(x_bcthw, z_bcthw)
    return y
