"""`lavincli.load` and what a loaded pipeline does with tensors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import lavincli
from lavincli.errors import CheckpointError, ConfigError, UnknownNameError
from lavincli.hub import find
from lavincli.media.images import write_image
from lavincli.pipeline.pipeline import Pipeline
from tests.reference import relative_error
from tests.small_tasks import picture


@pytest.fixture(scope="module")
def pipe(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


@pytest.fixture
def bundled(tiny_model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "bundled_models", lambda: {"lavin-tiny": tiny_model_directory})


def test_by_folder(tiny_model_directory: Path) -> None:
    pipe = lavincli.load(str(tiny_model_directory), device="cpu")
    assert pipe.config.name == "small-random"
    assert (pipe.device, pipe.dtype) == (torch.device("cpu"), torch.float32)
    assert not pipe.jdit.training
    assert not pipe.stvae.training


def test_by_name(bundled: None) -> None:
    assert lavincli.load("lavin-tiny", device="cpu").config.name == "small-random"


def test_unknown_name_suggests_the_nearest(bundled: None) -> None:
    with pytest.raises(UnknownNameError, match="unknown model 'lavin-tny'; did you mean 'lavin-tiny'"):
        lavincli.load("lavin-tny")


def test_a_path_that_is_not_there(bundled: None) -> None:
    with pytest.raises(UnknownNameError, match=r"\./models/mine"):
        lavincli.load("./models/mine")


def test_not_on_the_hub(bundled: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        CheckpointError, match=r"someone/some-model: not on this machine, and .* \(HF_HUB_OFFLINE is set\)"
    ):
        lavincli.load("someone/some-model")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"not a model directory \(no config\.json\).*lavin models import"):
        lavincli.load(tmp_path)


_WHAT_A_PHOTO_NEEDS = """
import sys
import lavincli
from lavincli.registry import task
pipe = lavincli.load(sys.argv[1], device="cpu")
print(pipe.predict(sys.argv[2], context=sys.argv[3], task=task("denoising")).rgb.shape)
print(sorted({"sympy", "scipy", "torch._dynamo", "pandas", "matplotlib", "huggingface_hub"} & set(sys.modules)))
"""


def test_what_a_photo_does_not_need_is_not_imported(tiny_model_directory: Path, tmp_path: Path) -> None:
    for name in ("a_input", "a_target", "query"):
        write_image(tmp_path / f"{name}.png", picture(1))
    files = map(str, (tiny_model_directory, tmp_path / "query.png", tmp_path))
    command = [sys.executable, "-c", _WHAT_A_PHOTO_NEEDS, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["[]"]


def test_a_model_without_its_weights(tiny_model_directory: Path, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(tiny_model_directory, folder)
    (folder / "stvae.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"stvae\.safetensors: no such file"):
        lavincli.load(folder)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", torch.device("cuda")])
def test_a_missing_gpu_is_an_error(tiny_model_directory: Path, device: str | torch.device) -> None:
    with pytest.raises(ConfigError, match="this machine has 0 CUDA devices"):
        lavincli.load(tiny_model_directory, device=device)


def test_a_device_past_the_last_is_an_error(tiny_model_directory: Path) -> None:
    with pytest.raises(ConfigError, match="device 'cuda:63'"):
        lavincli.load(tiny_model_directory, device="cuda:63")


def test_no_device_at_all(tiny_model_directory: Path) -> None:
    with pytest.raises(ConfigError, match="device 'gpu': not a device; say cpu, cuda or cuda:N"):
        lavincli.load(tiny_model_directory, device="gpu")


@pytest.mark.parametrize("dtype", ["bfloat16", torch.bfloat16])
def test_dtype(tiny_model_directory: Path, pipe: Pipeline, dtype: str | torch.dtype) -> None:
    rounded = lavincli.load(tiny_model_directory, device="cpu", dtype=dtype)
    assert rounded.dtype == torch.bfloat16
    assert all(parameter.dtype == torch.bfloat16 for parameter in rounded.jdit.parameters())
    clips = picture(1, 32, 32)[None]
    latents = rounded.encode(clips)
    assert latents.dtype == torch.float32
    assert 0 < relative_error(latents, pipe.encode(clips)) < 0.1
    answer = rounded.sample(torch.cat([latents] * 3, 2), grid="uniform:3", guidance=1.5)
    assert answer.dtype == torch.float32
    assert rounded.decode(answer).shape == (1, 1, 32, 32, 3)


def test_unknown_dtype(tiny_model_directory: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown dtype 'bfloat'; did you mean 'bfloat16'"):
        lavincli.load(tiny_model_directory, device="cpu", dtype="bfloat")


def test_encode_is_the_normalised_mean(pipe: Pipeline) -> None:
    clips = np.stack([picture(1, 32, 32), picture(2, 32, 32)])
    pixels = torch.from_numpy(clips).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    with torch.no_grad():
        expected = pipe.stvae.normalise(pipe.stvae.encode(pixels).mean)
    assert relative_error(pipe.encode(clips), expected) < 1e-6


def test_decode_clamps_and_truncates(pipe: Pipeline) -> None:
    latents = 3.0 * torch.randn(2, 16, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        pixels = pipe.stvae.decode(pipe.stvae.denormalise(latents))
    levels = ((pixels / 2 + 0.5).clamp(0, 1) * 255).permute(0, 2, 3, 4, 1).double().numpy()
    decoded = pipe.decode(latents)
    assert decoded.dtype == np.uint8
    # The engine rounds otherwise: what lies at a whole number may fall to either side.
    assert (decoded > levels - 1 - 1e-3).all()
    assert (decoded <= levels + 1e-3).all()
    assert {0, 255} <= set(decoded.flat)


def test_answers_do_not_depend_on_their_batch(pipe: Pipeline) -> None:
    cond = torch.randn(3, 16, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    together = pipe.sample(cond, guidance=1.5, grid="uniform:3", seed=[5, 9, 5])
    for i, seed in enumerate([5, 9, 5]):
        alone = pipe.sample(cond[i : i + 1], guidance=1.5, grid="uniform:3", seed=seed)
        assert relative_error(alone, together[i : i + 1]) < 1e-5
    assert torch.equal(pipe.sample(cond, grid="uniform:3"), pipe.sample(cond, grid="uniform:3", seed=[0, 1, 2]))


def test_seeds_decide_the_noise(pipe: Pipeline) -> None:
    cond = torch.randn(1, 16, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    first, second = (pipe.sample(cond, grid="uniform:3", seed=seed) for seed in (0, 1))
    assert relative_error(second, first) > 1e-2
    given = torch.randn(16, 1, 4, 4, generator=torch.Generator().manual_seed(1))[None]
    assert torch.equal(pipe.sample(cond, given, grid="uniform:3"), second)


def test_as_many_seeds_as_answers(pipe: Pipeline) -> None:
    with pytest.raises(ValueError, match="2 seeds for a batch of 1"):
        pipe.sample(torch.zeros(1, 16, 3, 4, 4), seed=[1, 2])


def test_noise_gives_the_number_of_frames(pipe: Pipeline) -> None:
    cond, noise = torch.randn(1, 16, 6, 4, 4), torch.randn(1, 16, 2, 4, 4)
    assert pipe.sample(cond, noise, grid="uniform:2").shape == noise.shape
