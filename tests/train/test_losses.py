"""Parts of the ST-VAE's loss: perceptual distance, discriminator, PCA of patches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from lavincli.errors import CheckpointError
from lavincli.train.batches import to_tensor
from lavincli.train.discriminator import PatchDiscriminator, adaptive_weight, generator_logits, hinge_loss
from lavincli.train.patch_pca import PatchPCA, psnr
from lavincli.train.perceptual import PerceptualDistance
from tests.small_tasks import picture


def pictures(count: int, size: int = 32) -> torch.Tensor:
    """Float [count, 3, 1, size, size] in [-1, 1]."""
    return torch.cat([to_tensor(picture(seed, size, size)[None]) for seed in range(count)])


def test_perceptual_distance(trunk: Path) -> None:
    distance = PerceptualDistance(trunk)
    a, b = pictures(4)[:, :, 0].chunk(2)
    assert float(distance(a, a)) == 0.0
    assert float(distance(a, b)) > 0
    nearer = a + 0.1 * (b - a)
    assert float(distance(a, nearer)) < float(distance(a, b))


def test_perceptual_features_are_of_unit_length(trunk: Path) -> None:
    features = PerceptualDistance(trunk).features(pictures(2)[:, :, 0])
    assert [tuple(f.shape) for f in features] == [
        (2, 4, 32, 32),
        (2, 8, 16, 16),
        (2, 12, 8, 8),
        (2, 16, 4, 4),
        (2, 20, 2, 2),
    ]
    for feature in features:
        lengths = feature.norm(dim=1)
        assert ((lengths < 1e-3) | ((lengths - 1).abs() < 1e-3)).all()


def test_perceptual_gradient_reaches_the_rebuilt_picture_alone(trunk: Path) -> None:
    distance = PerceptualDistance(trunk)
    a, b = (x.clone().requires_grad_() for x in pictures(4)[:, :, 0].chunk(2))
    torch.autograd.backward(distance(a, b))
    assert a.grad is not None
    assert a.grad.any()
    assert b.grad is None
    assert not list(distance.parameters())


def test_wrong_trunks(trunk: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no such file.*loss\.perceptual=null"):
        PerceptualDistance(tmp_path / "absent.safetensors")
    text = tmp_path / "text.safetensors"
    text.write_text("not a trunk")
    with pytest.raises(CheckpointError, match=f"{text}: can't be read as weights"):
        PerceptualDistance(text)
    weights = load_file(trunk)
    without = {name: value for name, value in weights.items() if name != "conv3_2.bias"}
    save_file(without, tmp_path / "part.safetensors")
    with pytest.raises(CheckpointError, match=r"not a VGG16 trunk: it lacks conv3_2\.weight or \.bias"):
        PerceptualDistance(tmp_path / "part.safetensors")
    save_file(weights | {"conv2_1.weight": torch.zeros(8, 5, 3, 3)}, tmp_path / "shape.safetensors")
    with pytest.raises(CheckpointError, match=r"conv2_1\.weight is 8x5x3x3, not Nx4x3x3"):
        PerceptualDistance(tmp_path / "shape.safetensors")


def test_hinge_loss() -> None:
    assert float(hinge_loss(torch.tensor([1.5]), torch.tensor([-2.0]))) == 0.0
    assert float(hinge_loss(torch.tensor([0.0, 2.0]), torch.tensor([0.5, -1.0]))) == pytest.approx(0.5 * (0.5 + 0.75))


def test_fooling_the_discriminator_does_not_train_it() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(8)
    fake = pictures(2)[:, :, 0].requires_grad_()
    logits = generator_logits(discriminator, fake)
    assert torch.equal(logits, discriminator(fake))
    assert logits.shape == (2, 1, 4, 4)
    torch.autograd.backward(logits.mean())
    assert fake.grad is not None
    assert fake.grad.any()
    assert all(parameter.grad is None for parameter in discriminator.parameters())


def test_adaptive_weight_balances_gradients() -> None:
    layer = torch.tensor([1.0, 2.0], requires_grad=True)
    strong, weak = (8.0 * layer).sum(), (0.5 * layer).sum()
    assert float(adaptive_weight(strong, weak, layer)) == pytest.approx(16.0, rel=1e-3)
    assert float(adaptive_weight(strong, 0.0 * layer.sum(), layer)) == 1e4


def test_pca_of_patches() -> None:
    shown = pictures(12)
    pca = PatchPCA(shown)
    coefficients = pca.encode(shown)
    assert coefficients.shape == (12, 16, 1, 4, 4)
    rebuilt = pca.decode(coefficients)
    assert rebuilt.shape == shown.shape
    mean = pca.decode(torch.zeros_like(coefficients))
    assert psnr(rebuilt, shown) > psnr(mean, shown) + 10
    # What is rebuilt lies in the span of the components: to project it again changes nothing.
    assert torch.allclose(pca.encode(rebuilt), coefficients, atol=1e-3)


def test_pca_of_clips() -> None:
    """The first frame, and the mean of each four."""
    stills = pictures(12)
    pca = PatchPCA(stills)
    still = stills[:2]
    clips = torch.cat([still, *([still - 0.2, still + 0.2] * 4)], dim=2)
    coefficients = pca.encode(clips)
    assert coefficients.shape == (2, 16, 3, 4, 4)
    for frame in range(3):
        assert torch.allclose(coefficients[:, :, frame], pca.encode(still)[:, :, 0], atol=1e-4)
    assert torch.allclose(pca.decode(coefficients), pca.decode(pca.encode(still)).expand_as(clips), atol=1e-4)


def test_psnr() -> None:
    black = torch.full((2, 3, 1, 4, 4), -1.0)
    grey = black + 0.2
    assert psnr(grey, black) == pytest.approx(20.0, abs=1e-4)
    assert psnr(black - 5.0, black) == psnr(black, black)
