"""A training step of an ST-VAE, simulated: its shapes are too many for a formula, and few enough to go through."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lavincli.model.stvae import IMAGE_CHANNELS, STVAE
from lavincli.train.activation_checkpointing import recompute_blocks
from lavincli.train.config import STVAETrainConfig
from lavincli.train.discriminator import PatchDiscriminator, generator_logits, hinge_loss
from lavincli.train.plan.simulate import Simulated, simulate

# VGG16 (arXiv 1409.1556): what a perceptual trunk nearly always is.
_TRUNK = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class STVAENetworks:
    """The networks of a recipe, without content.

    Attributes:
        stvae, discriminator, trunk: None where the recipe has no such loss.
    """

    def __init__(self, config: STVAETrainConfig) -> None:
        self.config = config
        adversarial, perceptual = config.loss.adversarial, config.loss.perceptual
        with torch.device("meta"):
            self.stvae = STVAE(config.stvae)
            self.discriminator = PatchDiscriminator(adversarial.channels) if adversarial else None
            self.trunk = _Trunk().requires_grad_(False) if perceptual else None
        if config.freeze_encoder:
            self.stvae.encoder.requires_grad_(False)

    @property
    def trained(self) -> list[nn.Module]:
        """Those that have an optimiser."""
        return [self.stvae, *([] if self.discriminator is None else [self.discriminator])]

    def simulate(self, frames: int, *, checkpointing: bool) -> Simulated:
        """One clip of so many frames through every loss of the recipe, forward and backward."""
        networks = STVAENetworks(self.config)
        if checkpointing:
            recompute_blocks(networks.stvae)
        modules = networks.trained + ([] if networks.trunk is None else [networks.trunk])
        size = self.config.data.size
        pixels = torch.empty(1, IMAGE_CHANNELS, frames, size, size, device="meta")
        return simulate(lambda: networks._loss(pixels), *modules, bfloat16=self.config.precision == "bfloat16")

    def _loss(self, pixels: Tensor) -> Tensor:
        posterior = self.stvae.encode(pixels)
        rebuilt = self.stvae.decode(posterior.sample()).float()
        error = rebuilt - pixels
        loss = error.square().mean() + error.abs().mean() + posterior.kl().float()
        fake, real = (clip.transpose(1, 2).flatten(0, 1) for clip in (rebuilt, pixels))
        if self.trunk is not None:
            # Of a clip few frames are looked at, and one at least.
            with torch.no_grad():
                targets = self.trunk(real[:1])
            for feature, target in zip(self.trunk(fake[:1]), targets, strict=True):
                loss = loss + (feature - target).float().square().sum(1).mean()
        if self.discriminator is not None:
            loss = loss - generator_logits(self.discriminator, fake).float().mean()
            logits = self.discriminator(torch.cat([real, fake.detach()])).float()
            loss = loss + hinge_loss(*logits.chunk(2))
        return loss


class _Trunk(nn.Module):
    """[B, 3, H, W] -> the features after every stage."""

    def __init__(self) -> None:
        super().__init__()
        widths = [IMAGE_CHANNELS, *(width for stage in _TRUNK for width in stage)]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> list[Tensor]:
        features, convolutions = [], iter(self.convolutions)
        for number, stage in enumerate(_TRUNK):
            if number:
                x = F.max_pool2d(x, 2, ceil_mode=True)
            for _ in stage:
                x = F.relu(next(convolutions)(x))
            features.append(x)
        return features
