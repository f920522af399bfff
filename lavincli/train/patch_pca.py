"""Linear PCA of 8x8 patches with as many components as the ST-VAE has channels: the bar that it is shown beside."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from lavincli.model.config import LATENT_CHANNELS, SPATIAL_COMPRESSION


class PatchPCA:
    """Fitted on pictures float [N, 3, 1, H, W] in [-1, 1]."""

    def __init__(self, pictures: Tensor) -> None:
        patches_nd = self._patches(pictures).transpose(1, 2).flatten(0, 1)
        self.mean_d = patches_nd.mean(0)
        _, self.std_c, basis_dc = torch.pca_lowrank(patches_nd - self.mean_d, q=LATENT_CHANNELS, center=False)
        self.std_c = self.std_c / patches_nd.shape[0] ** 0.5
        self.basis_dc = basis_dc

    @staticmethod
    def _patches(pictures: Tensor) -> Tensor:
        return F.unfold(pictures[:, :, 0], SPATIAL_COMPRESSION, stride=SPATIAL_COMPRESSION)

    def encode(self, pictures: Tensor) -> Tensor:
        """Coefficients [N, 16, 1, H/8, W/8], each divided by the root of its standard deviation."""
        side = (pictures.shape[-2] // SPATIAL_COMPRESSION, pictures.shape[-1] // SPATIAL_COMPRESSION)
        coefficients = torch.einsum("ndp,dc->ncp", self._patches(pictures) - self.mean_d[:, None], self.basis_dc)
        return torch.unflatten(coefficients / self.std_c.sqrt()[:, None], -1, side).unsqueeze(2)

    def decode(self, coefficients: Tensor) -> Tensor:
        """The inverse, float [N, 3, 1, H, W]."""
        height, width = coefficients.shape[-2:]
        scaled = coefficients.flatten(2) * self.std_c.sqrt()[:, None]
        patches = torch.einsum("ncp,dc->ndp", scaled, self.basis_dc) + self.mean_d[:, None]
        size = (height * SPATIAL_COMPRESSION, width * SPATIAL_COMPRESSION)
        return F.fold(patches, size, SPATIAL_COMPRESSION, stride=SPATIAL_COMPRESSION).unsqueeze(2)


def psnr(a: Tensor, b: Tensor) -> float:
    """Mean over the batch of the PSNR in dB, pictures in [-1, 1]."""
    mse = (a.clamp(-1, 1) - b).square().flatten(1).mean(1).clamp_min(1e-10)
    return float((10 * torch.log10(4.0 / mse)).mean())
