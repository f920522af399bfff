"""The published functions, by the golden numbers computed with the released code."""

from __future__ import annotations

import pytest
import torch

from tests.reference import cases, reference_jdit, reference_stvae, relative_error

TOLERANCE = 1e-4


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("case", ["v_image", "v_video"])
def test_velocity(case: str, training: bool) -> None:
    """Where gradients are wanted, attention may take another way to the same numbers."""
    golden = cases()
    with torch.set_grad_enabled(training):
        found = reference_jdit()(golden[f"{case}.x"], golden[f"{case}.t"], golden[f"{case}.cond"])
    assert found.dtype == torch.float32
    assert relative_error(found, golden[f"{case}.out"]) < TOLERANCE


@pytest.mark.parametrize("case", ["vae_image", "vae_video"])
def test_encode(case: str) -> None:
    golden = cases()
    posterior = reference_stvae().encode(golden[f"{case}.pixels"])
    mean, logvar = golden[f"{case}.moments"].chunk(2, dim=1)
    assert torch.equal(mean, golden[f"{case}.mean"])
    assert relative_error(posterior.mean, mean) < TOLERANCE
    assert relative_error(posterior.logvar, logvar.clamp(-30, 20)) < TOLERANCE


@pytest.mark.parametrize("case", ["vae_image", "vae_video"])
def test_decode(case: str) -> None:
    golden = cases()
    decoded = reference_stvae().decode(golden[f"{case}.mean"])
    assert relative_error(decoded, golden[f"{case}.decoded"]) < TOLERANCE


def test_condition_of_the_sampling_cases() -> None:
    """Each picture on its own as a one-frame clip, normalised, side by side on the time axis."""
    golden = cases()
    stvae, pixels = reference_stvae(), golden["sample.pixels"]
    frames = [stvae.normalise(stvae.encode(pixels[:, :, i : i + 1]).mean) for i in range(pixels.shape[2])]
    assert relative_error(torch.cat(frames, dim=2), golden["sample.cond"]) < TOLERANCE


def test_normalised_latents_come_back() -> None:
    latents = cases()["vae_image.mean"]
    stvae = reference_stvae()
    assert torch.allclose(stvae.denormalise(stvae.normalise(latents)), latents, atol=1e-6)
    assert torch.allclose(stvae.normalise(latents), (latents - 0.032470703125) * 1.08936170213)
