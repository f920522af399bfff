"""ST-VAE: shapes, posterior, bad input."""

from __future__ import annotations

import pytest
import torch

from lavincli.model.config import STVAEConfig
from lavincli.model.stvae import STVAE, Posterior


@pytest.fixture(scope="module")
def stvae() -> STVAE:
    torch.manual_seed(0)
    config = STVAEConfig(block_out_channels=(4, 4, 8, 8), layers_per_block=1, norm_groups=2)
    return STVAE(config).eval().requires_grad_(False)


@pytest.mark.parametrize(("frames", "latent_frames"), [(1, 1), (5, 2), (9, 3), (17, 5)])
def test_shapes(stvae: STVAE, frames: int, latent_frames: int) -> None:
    posterior = stvae.encode(torch.randn(2, 3, frames, 16, 24))
    assert posterior.mean.shape == posterior.logvar.shape == (2, 16, latent_frames, 2, 3)
    assert stvae.decode(posterior.mean).shape == (2, 3, frames, 16, 24)


@pytest.mark.parametrize(
    "shape", [(1, 3, 16, 16), (1, 4, 1, 16, 16), (1, 3, 2, 16, 16), (1, 3, 8, 16, 16), (1, 3, 1, 12, 16)]
)
def test_pixels_of_another_shape(stvae: STVAE, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\[B, 3, T, H, W\]|1 \+ 4 k frames"):
        stvae.encode(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(1, 16, 2, 2), (1, 3, 1, 2, 2)])
def test_latents_of_another_shape(stvae: STVAE, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="16"):
        stvae.decode(torch.zeros(shape))


def test_log_variance_is_clamped(stvae: STVAE) -> None:
    bias = stvae.encoder.conv_out.conv.bias
    assert bias is not None
    with torch.no_grad():
        kept = bias.clone()
        bias[16:24], bias[24:] = 1e3, -1e3
    logvar = stvae.encode(torch.zeros(1, 3, 1, 8, 8)).logvar
    with torch.no_grad():
        bias.copy_(kept)
    assert (logvar[:, :8] == 20).all()
    assert (logvar[:, 8:] == -30).all()


def test_posterior() -> None:
    unit = Posterior(torch.zeros(1, 16, 1, 4, 4), torch.zeros(1, 16, 1, 4, 4))
    assert float(unit.kl()) == 0.0
    mean, logvar = torch.full((1, 16, 1, 64, 64), 2.0), torch.full((1, 16, 1, 64, 64), 2.0)
    posterior = Posterior(mean, logvar)
    # 0.5 * (mu^2 + var - 1 - log var)
    assert float(posterior.kl()) == pytest.approx(0.5 * (4 + 7.389056 - 1 - 2), rel=1e-5)
    drawn = posterior.sample(torch.Generator().manual_seed(0))
    assert float(drawn.mean()) == pytest.approx(2.0, abs=0.05)
    assert float(drawn.std()) == pytest.approx(2.718282, rel=0.02)
    assert torch.equal(drawn, posterior.sample(torch.Generator().manual_seed(0)))
