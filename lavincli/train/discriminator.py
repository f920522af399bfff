"""Patch discriminator (PatchGAN, arXiv 1611.07004), hinge losses, adaptive weight (VQGAN, arXiv 2012.09841)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PatchDiscriminator(nn.Module):
    """[B, 3, H, W] in [-1, 1] -> one logit a patch, [B, 1, H/8, W/8]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = (channels, 2 * channels, 4 * channels)
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for a, b in pairwise(widths):
            layers += [nn.Conv2d(a, b, 4, 2, 1), nn.GroupNorm(8, b), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        out: Tensor = self.layers(pictures)
        return out


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss on logits of real and rebuilt pictures: 0 where they are beyond 1 and -1."""
    return 0.5 * (F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean())


def generator_logits(discriminator: nn.Module, fake: Tensor) -> Tensor:
    """Logits of a picture whose gradient must not reach the discriminator's weights (nor its engine's hooks)."""
    frozen = {name: p.detach() for name, p in discriminator.named_parameters()}
    logits: Tensor = torch.func.functional_call(discriminator, frozen, (fake,))
    return logits


def adaptive_weight(
    reconstruction: Tensor, adversarial: Tensor, last_layer: Tensor, mean: Callable[[Tensor], Tensor] = lambda x: x
) -> Tensor:
    """Ratio of the two losses' gradient norms at the decoder's last layer, at most 1e4.

    mean: averages a tensor over the processes that share a batch.
    """
    (of_reconstruction,) = torch.autograd.grad(reconstruction, last_layer, retain_graph=True)
    (of_adversarial,) = torch.autograd.grad(adversarial, last_layer, retain_graph=True)
    ratio: Tensor = mean(of_reconstruction).norm() / (mean(of_adversarial).norm() + 1e-4)
    return ratio.clamp(0.0, 1e4).detach()
