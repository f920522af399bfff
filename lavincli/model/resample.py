"""Down- and upsampling of the ST-VAE: by 2 in space, optionally by 2 in time with the first frame kept apart."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, cat, nn, unflatten

from lavincli.model.causal_conv import per_frame


def _halve_time(x_bcthw: Tensor) -> Tensor:
    frames = x_bcthw.shape[2]
    if frames == 1:
        return x_bcthw
    if frames % 2:
        return cat([x_bcthw[:, :, :1], _halve_time(x_bcthw[:, :, 1:])], dim=2)
    return unflatten(x_bcthw, 2, (frames // 2, 2)).mean(3)


def _double(x_bcthw: Tensor, *, time: bool) -> Tensor:
    """Nearest neighbour, times 2 in space and, past the first frame, in time."""
    if time and x_bcthw.shape[2] > 1:
        return cat([_double(x_bcthw[:, :, :1], time=False), _grow(x_bcthw[:, :, 1:], 2)], dim=2)
    return _grow(x_bcthw, 1)


def _grow(x_bcthw: Tensor, times: int) -> Tensor:
    if x_bcthw.shape[2] == 1 and times == 1:
        return F.interpolate(x_bcthw.squeeze(2), scale_factor=2.0, mode="nearest").unsqueeze(2)
    return F.interpolate(x_bcthw, scale_factor=(float(times), 2.0, 2.0), mode="nearest")


class Downsample(nn.Module):
    """Average frames in twos (optional), then a 3x3 convolution with stride 2, zero-padded at right and bottom."""

    def __init__(self, channels: int, *, time: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)
        self.time = time

    def forward(self, x_bcthw: Tensor) -> Tensor:
        if self.time:
            x_bcthw = _halve_time(x_bcthw)
        return per_frame(self.conv, F.pad(x_bcthw, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Nearest neighbour by 2 (optionally in time, first frame apart), then a 3x3 convolution on every frame."""

    def __init__(self, channels: int, *, time: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = time

    def forward(self, x_bcthw: Tensor) -> Tensor:
        return per_frame(self.conv, _double(x_bcthw, time=self.time))
