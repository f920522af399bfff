"""A still goes through 2D convolutions; the result is that of the 3D ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from lavincli.model.causal_conv import CausalConv3d
from tests.reference import cases, reference_stvae, relative_error


def unfolded(convolution: CausalConv3d, x: Tensor) -> Tensor:
    """The definition: the first frame repeated in front, space zero-padded, one 3D convolution."""
    size = convolution.kernel_size
    x = torch.cat([x[:, :, :1]] * (size - 1) + [x], dim=2)
    pad = size // 2
    return F.conv3d(F.pad(x, (pad, pad, pad, pad, 0, 0)), convolution.conv.weight, convolution.conv.bias)


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_causal_convolution(kernel_size: int, frames: int) -> None:
    torch.manual_seed(0)
    convolution = CausalConv3d(4, 6, kernel_size)
    x = torch.randn(2, 4, frames, 5, 7)
    found = convolution(x)
    assert found.shape == (2, 6, frames, 5, 7)
    assert relative_error(found, unfolded(convolution, x)) < 1e-5


def test_later_frames_are_not_seen() -> None:
    torch.manual_seed(0)
    convolution = CausalConv3d(4, 6)
    x = torch.randn(1, 4, 4, 5, 5)
    changed = x.clone()
    changed[:, :, 2:] += 1.0
    before, after = convolution(x), convolution(changed)
    assert torch.equal(before[:, :, :2], after[:, :, :2])
    assert not torch.allclose(before[:, :, 2], after[:, :, 2])


@pytest.fixture
def conv3d_throughout(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(CausalConv3d, "forward", unfolded)


def test_whole_network_on_stills(conv3d_throughout: Callable[[], None]) -> None:
    pixels = cases()["vae_image.pixels"]
    stvae = reference_stvae()
    folded = stvae.encode(pixels)
    decoded = stvae.decode(folded.mean)
    conv3d_throughout()
    assert relative_error(folded.mean, stvae.encode(pixels).mean) < 1e-5
    assert relative_error(decoded, stvae.decode(folded.mean)) < 1e-5


def test_a_video_of_one_picture_has_the_latents_of_the_still() -> None:
    """The causal padding is by the first frame, so a clip in which nothing happens is its still, over and over."""
    pixels = cases()["vae_video.pixels"][:, :, :1]
    stvae = reference_stvae()
    repeated = stvae.encode(pixels.repeat(1, 1, 9, 1, 1)).mean
    assert relative_error(repeated, stvae.encode(pixels).mean.expand(-1, -1, 3, -1, -1)) < 1e-4
