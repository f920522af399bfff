"""Linear PCA of 8x8 patches with as many components as the ST-VAE has channels: the bar that it is shown beside."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from lavincli.model.config import LATENT_CHANNELS, SPATIAL_COMPRESSION, TEMPORAL_COMPRESSION


class PatchPCA:
    """Fitted on stills, float [N, 3, 1, H, W] in [-1, 1].

    Of a clip it keeps as much as an ST-VAE: the first frame, then the mean of each four.
    """

    def __init__(self, pictures: Tensor) -> None:
        patches_nd = self._patches(pictures[:, :, 0]).transpose(1, 2).flatten(0, 1)
        self.mean_d = patches_nd.mean(0)
        _, self.std_c, basis_dc = torch.pca_lowrank(patches_nd - self.mean_d, q=LATENT_CHANNELS, center=False)
        self.std_c = self.std_c / patches_nd.shape[0] ** 0.5
        self.basis_dc = basis_dc

    @staticmethod
    def _patches(pictures: Tensor) -> Tensor:
        return F.unfold(pictures, SPATIAL_COMPRESSION, stride=SPATIAL_COMPRESSION)

    def encode(self, clips: Tensor) -> Tensor:
        """[N, 3, 1 + 4 k, H, W] -> [N, 16, 1 + k, H/8, W/8], each over the root of its standard deviation."""
        first, rest = clips[:, :, :1], clips[:, :, 1:]
        fours = torch.unflatten(rest, 2, (rest.shape[2] // TEMPORAL_COMPRESSION, TEMPORAL_COMPRESSION))
        kept = torch.cat([first, fours.mean(3)], dim=2)
        side = (clips.shape[-2] // SPATIAL_COMPRESSION, clips.shape[-1] // SPATIAL_COMPRESSION)
        mean_d, basis_dc, std_c = (fitted.to(clips.device) for fitted in (self.mean_d, self.basis_dc, self.std_c))
        patches = self._patches(kept.transpose(1, 2).flatten(0, 1)) - mean_d[:, None]
        coefficients = torch.einsum("ndp,dc->ncp", patches, basis_dc) / std_c.sqrt()[:, None]
        return torch.unflatten(torch.unflatten(coefficients, -1, side), 0, (len(clips), -1)).transpose(1, 2)

    def decode(self, coefficients: Tensor) -> Tensor:
        """The inverse, float [N, 3, 1 + 4 k, H, W]: the frames of each four are alike."""
        height, width = coefficients.shape[-2:]
        scaled = coefficients.transpose(1, 2).flatten(0, 1).flatten(2) * self.std_c.sqrt()[:, None]
        patches = torch.einsum("ncp,dc->ndp", scaled, self.basis_dc) + self.mean_d[:, None]
        size = (height * SPATIAL_COMPRESSION, width * SPATIAL_COMPRESSION)
        kept = F.fold(patches, size, SPATIAL_COMPRESSION, stride=SPATIAL_COMPRESSION)
        frames = torch.unflatten(kept, 0, (len(coefficients), -1)).transpose(1, 2)
        return torch.cat([frames[:, :, :1], frames[:, :, 1:].repeat_interleave(TEMPORAL_COMPRESSION, 2)], dim=2)


def psnr_each(a: Tensor, b: Tensor) -> Tensor:
    """PSNR in dB of every element of a batch, [B], over all its frames; pictures in [-1, 1]."""
    mse = (a.clamp(-1, 1) - b).square().flatten(1).mean(1).clamp_min(1e-10)
    return 10 * torch.log10(4.0 / mse)


def psnr(a: Tensor, b: Tensor) -> float:
    """Mean over the batch of the PSNR in dB, pictures in [-1, 1]."""
    return float(psnr_each(a, b).mean())
