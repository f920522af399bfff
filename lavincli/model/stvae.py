"""ST-VAE: a causal 3D variational autoencoder, 4 x 8 x 8 compression to 16 channels (LaVin-DiT, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lavincli.model.causal_conv import CausalConv3d
from lavincli.model.config import LATENT_CHANNELS, SPATIAL_COMPRESSION, TEMPORAL_COMPRESSION, STVAEConfig
from lavincli.model.resample import Downsample, Upsample
from lavincli.model.resnet import Resnet, apply_norm, make_norm

IMAGE_CHANNELS = 3
LOG_VARIANCE_RANGE = (-30.0, 20.0)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Diagonal Gaussian over latents; `mean` and `logvar` are [B, 16, T', H/8, W/8]."""

    mean: Tensor
    logvar: Tensor

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device, dtype=self.mean.dtype)
        return self.mean + torch.exp(0.5 * self.logvar) * noise

    def kl(self) -> Tensor:
        """Kullback-Leibler divergence to the unit Gaussian, in nats a latent number, averaged."""
        return 0.5 * (self.mean.square() + self.logvar.exp() - 1.0 - self.logvar).mean()


class MidBlock(nn.Module):
    """Two resnets at the coarsest scale."""

    def __init__(self, channels: int, groups: int, *, spatial: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(Resnet(channels, channels, groups, spatial=spatial) for _ in range(2))

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x, z)
        return x


class DownBlock(nn.Module):
    """Resnets, then halving (all blocks but the last; in time too in the first two)."""

    def __init__(self, in_channels: int, out_channels: int, config: STVAEConfig, index: int) -> None:
        super().__init__()
        widths = [in_channels] + [out_channels] * config.layers_per_block
        self.resnets = nn.ModuleList(Resnet(a, b, config.norm_groups, spatial=False) for a, b in pairwise(widths))
        self.downsamplers = nn.ModuleList([Downsample(out_channels, time=index < 2)] if index < 3 else [])

    def forward(self, x: Tensor) -> Tensor:
        for layer in (*self.resnets, *self.downsamplers):
            x = layer(x)
        return x


class UpBlock(nn.Module):
    """Resnets, one more than in the encoder, then doubling (all blocks but the last; in time too in the first two)."""

    def __init__(self, in_channels: int, out_channels: int, config: STVAEConfig, index: int) -> None:
        super().__init__()
        widths = [in_channels] + [out_channels] * (config.layers_per_block + 1)
        self.resnets = nn.ModuleList(Resnet(a, b, config.norm_groups, spatial=True) for a, b in pairwise(widths))
        self.upsamplers = nn.ModuleList([Upsample(out_channels, time=index < 2)] if index < 3 else [])

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x, z)
        for upsampler in self.upsamplers:
            x = upsampler(x)
        return x


class Encoder(nn.Module):
    """float [B, 3, T, H, W] in [-1, 1] -> moments [B, 32, T', H/8, W/8] (mean and log variance stacked on channels)."""

    def __init__(self, config: STVAEConfig) -> None:
        super().__init__()
        widths = (config.block_out_channels[0], *config.block_out_channels)
        self.conv_in = CausalConv3d(IMAGE_CHANNELS, widths[0])
        self.down_blocks = nn.ModuleList(DownBlock(a, b, config, i) for i, (a, b) in enumerate(pairwise(widths)))
        self.mid_block = MidBlock(widths[-1], config.norm_groups, spatial=False)
        self.norm_out = make_norm(widths[-1], config.norm_groups, spatial=False)
        self.conv_out = CausalConv3d(widths[-1], 2 * LATENT_CHANNELS)

    def forward(self, x_bcthw: Tensor) -> Tensor:
        h = self.conv_in(x_bcthw)
        for block in self.down_blocks:
            h = block(h)
        out: Tensor = self.conv_out(F.silu(self.norm_out(self.mid_block(h))))
        return out


class Decoder(nn.Module):
    """Latents [B, 16, T', h, w] -> float [B, 3, 1 + 4 (T' - 1), 8 h, 8 w]; every norm in it is a spatial norm."""

    def __init__(self, config: STVAEConfig) -> None:
        super().__init__()
        channels = config.block_out_channels[::-1]
        widths = (channels[0], *channels)
        self.conv_in = CausalConv3d(LATENT_CHANNELS, widths[0])
        self.mid_block = MidBlock(widths[0], config.norm_groups, spatial=True)
        self.up_blocks = nn.ModuleList(UpBlock(a, b, config, i) for i, (a, b) in enumerate(pairwise(widths)))
        self.norm_out = make_norm(widths[-1], config.norm_groups, spatial=True)
        self.conv_out = CausalConv3d(widths[-1], IMAGE_CHANNELS)

    def forward(self, z_bcthw: Tensor) -> Tensor:
        h = self.mid_block(self.conv_in(z_bcthw), z_bcthw)
        for block in self.up_blocks:
            h = block(h, z_bcthw)
        out: Tensor = self.conv_out(F.silu(apply_norm(self.norm_out, h, z_bcthw)))
        return out


class STVAE(nn.Module):
    """Encoder and decoder, with the shift and scale that bring latents to zero mean and unit variance."""

    def __init__(self, config: STVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def encode(self, pixels: Tensor) -> Posterior:
        """float [B, 3, T, H, W] in [-1, 1], T = 1 + 4 k, H and W multiples of 8 -> posterior over raw latents.

        Raises ValueError for another shape.
        """
        if pixels.ndim != 5 or pixels.shape[1] != IMAGE_CHANNELS:
            raise ValueError(f"pixels must be [B, 3, T, H, W], got {tuple(pixels.shape)}")
        frames, height, width = pixels.shape[2:]
        if frames % TEMPORAL_COMPRESSION != 1 or height % SPATIAL_COMPRESSION or width % SPATIAL_COMPRESSION:
            raise ValueError(
                f"a clip needs 1 + 4 k frames and sides that are multiples of 8, got {frames}x{height}x{width}"
            )
        mean, logvar = self.encoder(pixels).chunk(2, dim=1)
        return Posterior(mean, logvar.clamp(*LOG_VARIANCE_RANGE))

    def decode(self, latents: Tensor) -> Tensor:
        """Raw (not normalised) latents [B, 16, T', h, w] -> float [B, 3, 1 + 4 (T' - 1), 8 h, 8 w], not clamped."""
        if latents.ndim != 5 or latents.shape[1] != LATENT_CHANNELS:
            raise ValueError(f"latents must be [B, {LATENT_CHANNELS}, T', h, w], got {tuple(latents.shape)}")
        pixels: Tensor = self.decoder(latents)
        return pixels

    def normalise(self, raw: Tensor) -> Tensor:
        return (raw - self.config.latent_shift) * self.config.latent_scale

    def denormalise(self, normalised: Tensor) -> Tensor:
        return normalised / self.config.latent_scale + self.config.latent_shift
