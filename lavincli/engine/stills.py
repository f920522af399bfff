"""An ST-VAE's encoder and decoder for one-frame clips, made of 2D convolutions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lavincli.engine.still_layers import StillConvolution, StillDownsample, StillResnet, StillUpsample, still_norm
from lavincli.model.resample import Downsample, Upsample
from lavincli.model.resnet import Resnet
from lavincli.model.stvae import LOG_VARIANCE_RANGE, STVAE, Decoder, Encoder, Posterior

_Layer = Callable[[Tensor, Tensor | None], Tensor]


class Stills:
    """What `STVAE.encode` and `STVAE.decode` compute for clips of one frame, with less than a third of the work.

    The kernels are folded when it is made: made anew, it follows weights that have changed.
    """

    def __init__(self, stvae: STVAE) -> None:
        with torch.no_grad():
            self._encoder, self._decoder = _layers(stvae.encoder), _layers(stvae.decoder)

    def encode(self, pixels: Tensor) -> Posterior:
        """float [B, 3, 1, H, W] in [-1, 1], sides multiples of 8 -> posterior over raw latents [B, 16, 1, h, w]."""
        mean, logvar = _run(self._encoder, pixels, None).chunk(2, dim=1)
        return Posterior(mean, logvar.clamp(*LOG_VARIANCE_RANGE))

    def decode(self, latents: Tensor) -> Tensor:
        """Raw latents [B, 16, 1, h, w] -> float [B, 3, 1, 8 h, 8 w], not clamped."""
        return _run(self._decoder, latents, latents.squeeze(2))


def _layers(network: Encoder | Decoder) -> list[_Layer]:
    """The network's layers in the order in which they run."""
    found: list[_Layer] = [_alone(StillConvolution.of(network.conv_in))]
    middle: list[_Layer] = [StillResnet(layer) for layer in network.mid_block.resnets if isinstance(layer, Resnet)]
    blocks = network.down_blocks if isinstance(network, Encoder) else network.up_blocks
    sided = [_of(layer) for block in blocks for layer in block.modules()]
    sides = [layer for layer in sided if layer is not None]
    found += [*sides, *middle] if isinstance(network, Encoder) else [*middle, *sides]
    return [*found, still_norm(network.norm_out), _alone(StillConvolution.of(network.conv_out))]


def _of(layer: torch.nn.Module) -> _Layer | None:
    if isinstance(layer, Resnet):
        return StillResnet(layer)
    if isinstance(layer, Downsample):
        return _alone(StillDownsample(layer))
    return _alone(StillUpsample(layer)) if isinstance(layer, Upsample) else None


def _alone(layer: Callable[[Tensor], Tensor]) -> _Layer:
    return lambda x, _: layer(x)


def _run(layers: list[_Layer], clips: Tensor, z: Tensor | None) -> Tensor:
    x = clips.squeeze(2).contiguous(memory_format=torch.channels_last)
    for layer in layers:
        x = layer(x, z)
    return x.unsqueeze(2)
