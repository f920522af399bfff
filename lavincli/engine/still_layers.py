"""Layers of an ST-VAE for one-frame clips: 2D convolutions on pictures, channels last.

A causal convolution sees a still three times, so its kernel is summed over time, once and for all. Every layer here
computes the function of the layer that it was made from, to rounding.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lavincli.model.causal_conv import CausalConv3d
from lavincli.model.resample import Downsample, Upsample
from lavincli.model.resnet import Resnet
from lavincli.model.spatial_norm import SpatialNorm


class StillConvolution:
    """A convolution of pictures [B, C, H, W] whose kernel is held as the processor wants it."""

    def __init__(self, weight: Tensor, bias: Tensor | None, *, stride: int = 1, padding: int = 0) -> None:
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._bias, self._stride, self._padding = bias, stride, padding

    @classmethod
    def of(cls, layer: CausalConv3d) -> StillConvolution:
        """The kernel of a causal convolution summed over time, in float32 whatever it is stored in."""
        weight = layer.conv.weight
        return cls(weight.float().sum(2).to(weight.dtype), layer.conv.bias, padding=layer.kernel_size // 2)

    def __call__(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self._weight, self._bias, self._stride, self._padding)


class StillDownsample:
    """Zero-padded at right and bottom, then stride 2; a still isn't halved in time."""

    def __init__(self, layer: Downsample) -> None:
        self._convolution = StillConvolution(layer.conv.weight, layer.conv.bias, stride=2)

    def __call__(self, x: Tensor) -> Tensor:
        return self._convolution(F.pad(x, (0, 1, 0, 1)))


class StillUpsample:
    """Nearest neighbour by 2, then a 3x3 convolution, as one transposed convolution with 4/9 of the work.

    Of the three rows of a kernel, two fall on the same row of the small picture: they are added beforehand.
    """

    def __init__(self, layer: Upsample) -> None:
        weight = layer.conv.weight
        for axis in (2, 3):
            first, middle, last = weight.float().unbind(axis)
            weight = torch.stack([last, middle + last, first + middle, first], axis).to(weight.dtype)
        self._weight = weight.transpose(0, 1).contiguous(memory_format=torch.channels_last)
        self._bias = layer.conv.bias

    def __call__(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, self._weight, self._bias, stride=2, padding=1)


class StillNorm:
    """A group norm, then SiLU."""

    def __init__(self, layer: nn.GroupNorm) -> None:
        self._groups, self._weight, self._bias, self._epsilon = layer.num_groups, layer.weight, layer.bias, layer.eps

    def __call__(self, x: Tensor, z: Tensor | None) -> Tensor:
        assert z is None, "a plain norm reads no latents"
        return F.silu(self.normed(x), inplace=True)

    def normed(self, x: Tensor) -> Tensor:
        return F.group_norm(x, self._groups, self._weight, self._bias, self._epsilon)


class StillSpatialNorm:
    """A spatial norm, then SiLU. Scale and shift stay as small as the latents: a place is shared by r x r pixels."""

    def __init__(self, layer: SpatialNorm) -> None:
        self._norm = StillNorm(layer.norm_layer)
        convolutions = (layer.conv_y.conv, layer.conv_b.conv)
        self._weight = torch.cat([conv.weight.flatten(1) for conv in convolutions])
        self._bias = torch.cat([cast("Tensor", conv.bias) for conv in convolutions])

    def __call__(self, x: Tensor, z: Tensor | None) -> Tensor:
        assert z is not None, "a spatial norm reads the latents"
        scale, shift = F.linear(z.permute(0, 2, 3, 1), self._weight, self._bias).chunk(2, dim=-1)
        rows, columns = z.shape[-2:]
        size = (x.shape[0], rows, x.shape[2] // rows, columns, x.shape[3] // columns, x.shape[1])
        places = self._norm.normed(x).permute(0, 2, 3, 1).reshape(size)
        shaped = torch.addcmul(shift[:, :, None, :, None], places, scale[:, :, None, :, None])
        return F.silu(shaped, inplace=True).reshape(x.shape[0], *x.shape[2:], x.shape[1]).permute(0, 3, 1, 2)


class StillResnet:
    """x + conv(SiLU(norm(conv(SiLU(norm(x))))))."""

    def __init__(self, layer: Resnet) -> None:
        self._norms = still_norm(layer.norm1), still_norm(layer.norm2)
        self._convolutions = StillConvolution.of(layer.conv1), StillConvolution.of(layer.conv2)
        shortcut = layer.conv_shortcut
        self._shortcut = None if shortcut is None else StillConvolution(shortcut.weight.squeeze(2), shortcut.bias)

    def __call__(self, x: Tensor, z: Tensor | None) -> Tensor:
        h = x
        for norm, convolution in zip(self._norms, self._convolutions, strict=True):
            h = convolution(norm(h, z))
        return h.add_(x if self._shortcut is None else self._shortcut(x))


def still_norm(layer: nn.Module) -> StillNorm | StillSpatialNorm:
    """The norm of `lavincli.model.resnet.make_norm` for stills, with the SiLU that follows every one of them."""
    if isinstance(layer, SpatialNorm):
        return StillSpatialNorm(layer)
    assert isinstance(layer, nn.GroupNorm)
    return StillNorm(layer)
