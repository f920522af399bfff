"""Training the J-DiT in the latents of a trained ST-VAE."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import lavincli
from lavincli.errors import ConfigError
from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.train.config import JDiTTrainConfig
from lavincli.train.run import run
from tests.train.runs import cut_off_at, log_lines, same_weights

Config = Callable[..., JDiTTrainConfig]


@pytest.fixture
def stvae_folder(tiny_model_directory: Path, tmp_path: Path) -> str:
    return str(save_stvae(load_stvae(tiny_model_directory), tmp_path / "stvae"))


@pytest.mark.parametrize("attention", ["oneway", "joint"])
def test_a_run(jdit_config: Config, stvae_folder: str, attention: str) -> None:
    network = {"hidden_size": 48, "depth": 2, "num_heads": 4, "kv_group": 2, "attention": attention}
    config = jdit_config(stvae=stvae_folder, jdit=network, steps=40, log_every=10, validate_every=40)
    folder = run(config)
    lines = log_lines(config.out)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0]
    assert {"psnr", "psnr/small_denoising", "psnr/small_negative"} <= lines[-1].keys()
    pipe = lavincli.load(folder, device="cpu")
    assert (pipe.config.name, pipe.config.resolution, pipe.config.context_pairs) == ("small", 16, 3)
    assert pipe.config.jdit.attention == attention
    answer = pipe.sample(torch.randn(1, 16, 5, 2, 2), grid="uniform:3", guidance=1.5)
    assert answer.isfinite().all()
    assert "small_negative" in (folder / "README.md").read_text()


@pytest.mark.parametrize("attention", ["oneway", "joint"])
def test_cut_off_and_resumed(jdit_config: Config, stvae_folder: str, attention: str) -> None:
    network = {"hidden_size": 48, "depth": 2, "num_heads": 4, "kv_group": 2, "attention": attention}
    whole = jdit_config("whole", stvae=stvae_folder, jdit=network)
    expected = run(whole)
    halved = jdit_config("halved", stvae=stvae_folder, jdit=network)
    cut_off_at(halved, 5)
    assert same_weights(expected, run(halved), "jdit")
    assert [line["step"] for line in log_lines(halved.out)] == [line["step"] for line in log_lines(whole.out)]


def test_stills_clips_and_sizes_in_one_run(jdit_config: Config, stvae_folder: str) -> None:
    """Batches of every shape, as many contexts as the tokens allow; a run cut off goes on with the same ones."""
    tasks = {"small_denoising": 1, "small_motion": 1}
    data = {"tasks": tasks, "other_sizes": {32: 1}, "frames": 5, "held_out_pairs": 3}
    sequence = {"pairs": 2, "queries": 2, "tokens": 96, "multiple": 2}
    mixed = {"stvae": stvae_folder, "batch_size": 8, "data": data, "sequence": sequence, "steps": 10}
    whole = jdit_config("whole", **mixed)
    expected = run(whole)
    assert {"psnr/small_denoising", "psnr/small_motion"} <= log_lines(whole.out)[-1].keys()
    halved = jdit_config("halved", **mixed)
    cut_off_at(halved, 7)
    assert same_weights(expected, run(halved), "jdit")
    for changes, message in (
        ({"sequence": sequence | {"multiple": 3}}, r"batch_size 8 must be a multiple of sequence\.multiple 3"),
        ({"sequence": sequence | {"tokens": 20}}, r"sequence\.tokens 20 are too few"),
        ({"distributed": {"accumulation": 4}}, r"sequence\.multiple 2 can't be shared"),
    ):
        with pytest.raises(ConfigError, match=message):
            run(jdit_config("refused", **mixed | changes))


def test_the_stvae_is_handed_on(jdit_config: Config, stvae_folder: str) -> None:
    folder = run(jdit_config(stvae=stvae_folder, steps=1))
    before, after = load_stvae(Path(stvae_folder)), load_stvae(folder)
    assert after.config == before.config
    for name, value in before.state_dict().items():
        assert torch.equal(after.state_dict()[name], value.half().float()), name


def test_starting_from_a_trained_model(jdit_config: Config, stvae_folder: str) -> None:
    first = run(jdit_config("first", stvae=stvae_folder))
    second = jdit_config("second", stvae=stvae_folder, start_from=str(first), optimizer={"learning_rate": 1e-12})
    start, end = lavincli.load(first, device="cpu").jdit, lavincli.load(run(second), device="cpu").jdit
    for name, value in start.state_dict().items():
        assert torch.allclose(end.state_dict()[name], value, atol=1e-6), name


def test_without_an_stvae(jdit_config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the run can't begin: stvae: .* holds no trained ST-VAE"):
        run(jdit_config(stvae=str(tmp_path)))


def test_bfloat16(jdit_config: Config, stvae_folder: str) -> None:
    pipe = lavincli.load(run(jdit_config(stvae=stvae_folder, precision="bfloat16")), device="cpu")
    assert all(value.isfinite().all() for value in pipe.jdit.state_dict().values())
