"""Stills through folded layers: what the 3D convolutions give."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lavincli.engine.reference import unfolded_stills
from lavincli.engine.stills import Stills
from lavincli.model.config import STVAEConfig
from lavincli.model.stvae import STVAE
from tests.reference import cases, reference_stvae, relative_error

EXACT = 1e-5


def random_stvae(layers: int = 1) -> STVAE:
    torch.manual_seed(0)
    network = STVAE(STVAEConfig(block_out_channels=(8, 8, 16, 24), layers_per_block=layers, norm_groups=4))
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            nn.init.normal_(module.weight, 1.0, 0.3)
            nn.init.normal_(module.bias, 0.0, 0.3)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", [(1, 32, 32), (3, 16, 40)])
def test_folded_is_unfolded(layers: int, size: tuple[int, int, int]) -> None:
    stvae, (batch, height, width) = random_stvae(layers), size
    pixels = torch.rand(batch, 3, 1, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1
    stills = Stills(stvae)
    found = stills.encode(pixels)
    with unfolded_stills(stvae):
        expected = stvae.encode(pixels)
        decoded = stvae.decode(expected.mean)
    assert relative_error(found.mean, expected.mean) < EXACT
    assert relative_error(found.logvar, expected.logvar) < EXACT
    assert relative_error(stills.decode(expected.mean), decoded) < EXACT


def test_golden_numbers() -> None:
    golden, stills = cases(), Stills(reference_stvae())
    mean, _ = golden["vae_image.moments"].chunk(2, dim=1)
    assert relative_error(stills.encode(golden["vae_image.pixels"]).mean, mean) < 1e-4
    assert relative_error(stills.decode(mean), golden["vae_image.decoded"]) < 1e-4


def test_bfloat16_stays_near() -> None:
    stvae = random_stvae()
    pixels = torch.rand(1, 3, 1, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    exact = Stills(stvae).encode(pixels).mean
    published = stvae.bfloat16().encode(pixels.bfloat16()).mean.float()
    rounded = Stills(stvae).encode(pixels.bfloat16()).mean.float()
    assert relative_error(rounded, exact) < 1.5 * relative_error(published, exact)


def test_operations_are_less_than_half() -> None:
    """A third of the causal ones is left, and 4/9 of upsampling; downsampling was in 2D already."""
    stvae = random_stvae()
    pixels = torch.zeros(1, 3, 1, 32, 32)
    with FlopCounterMode(display=False) as folded:
        stills = Stills(stvae)
        decoded = stills.decode(stills.encode(pixels).mean)
    with unfolded_stills(stvae), FlopCounterMode(display=False) as unfolded:
        assert stvae.decode(stvae.encode(pixels).mean).shape == decoded.shape
    assert folded.get_total_flops() < unfolded.get_total_flops() / 2


def test_the_published_way_is_left_again() -> None:
    stvae = random_stvae()
    with pytest.raises(ZeroDivisionError), unfolded_stills(stvae):
        raise ZeroDivisionError
    with FlopCounterMode(display=False) as counter:
        stvae.encode(torch.zeros(1, 3, 1, 16, 16))
    folded = counter.get_total_flops()
    with unfolded_stills(stvae), FlopCounterMode(display=False) as counter:
        stvae.encode(torch.zeros(1, 3, 1, 16, 16))
    assert counter.get_total_flops() > 2 * folded
