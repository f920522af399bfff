"""Training the ST-VAE: what is learnt, what is logged, and that a run goes on as if it had never stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lavincli.errors import CheckpointError, ConfigError
from lavincli.pipeline.model_directory import load_stvae
from lavincli.train.config import STVAETrainConfig
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from lavincli.train.stvae import STVAEObjective
from tests.train.runs import cut_off_at, log_lines, same_weights

Config = Callable[..., STVAETrainConfig]


def test_a_run(stvae_config: Config) -> None:
    config = stvae_config(steps=30, log_every=5, validate_every=15)
    assert run(config) == config.out
    lines = log_lines(config.out)
    assert sorted({line["step"] for line in lines}) == [5, 10, 15, 20, 25, 30]
    losses = [line["mse"] for line in lines if "mse" in line]
    assert losses[-1] < losses[0]
    validated = [line for line in lines if "psnr" in line]
    assert [line["step"] for line in validated] == [15, 30]
    assert all(line["psnr_pca"] > 0 for line in validated)
    assert read_recipe(str(config.out / "recipe.yaml")) == config

    stvae = load_stvae(config.out)
    clips = torch.rand(8, 3, 1, 16, 16) * 2 - 1
    with torch.no_grad():
        assert stvae.decode(stvae.encode(clips).mean).shape == clips.shape
    assert stvae.config.latent_scale != config.stvae.latent_scale


def test_the_latents_are_brought_to_zero_mean_and_unit_variance(stvae_config: Config) -> None:
    from lavincli.registry import task
    from lavincli.train.batches import to_tensor
    from lavincli.train.pairs import rendered_pairs

    config = stvae_config(data={"tasks": {"small_negative": 1}})
    stvae = load_stvae(run(config))
    pairs = rendered_pairs(task("small_negative"), config.data)
    with torch.no_grad():
        latents = stvae.normalise(stvae.encode(to_tensor(np.concatenate(pairs))).mean)
    assert float(latents.mean()) == pytest.approx(0, abs=0.1)
    assert float(latents.std()) == pytest.approx(1, abs=0.1)


def test_cut_off_and_resumed(stvae_config: Config, trunk: Path) -> None:
    """Both networks, with every loss on from some step, across a damaged checkpoint."""
    loss = {
        "l1": 0.5,
        "kl": 1e-4,
        "pca": {"weight": 0.3, "until_step": 3},
        "perceptual": {"trunk": str(trunk), "weight": 0.1, "start_step": 1, "pictures": 3},
        "adversarial": {"weight": 0.1, "start_step": 2, "channels": 4},
    }
    whole = stvae_config("whole", steps=7, loss=loss)
    run(whole)
    halved = stvae_config("halved", steps=7, loss=loss)
    cut_off_at(halved, 6)
    before = log_lines(halved.out)
    checkpoints = halved.out / "checkpoints"
    newest = max(checkpoints.glob("step-*"))
    assert newest.name == "step-00000005"
    (newest / "discriminator.safetensors").write_bytes(b"")
    (checkpoints / ".tmp-step-00000006").mkdir()
    run(halved)
    after = log_lines(halved.out)
    assert same_weights(whole.out, halved.out, "stvae")
    assert same_weights(max((whole.out / "checkpoints").iterdir()), max(checkpoints.iterdir()), "discriminator")
    assert {path.name for path in checkpoints.iterdir()} == {"step-00000006", "step-00000007"}
    kept = [line for line in before if line["step"] <= 4]
    assert after[: len(kept)] == kept
    assert [line["step"] for line in after] == [line["step"] for line in log_lines(whole.out)]
    last = {key for line in after if line["step"] == 7 for key in line}
    assert last >= {"mse", "kl", "perceptual", "adversarial", "adaptive_weight", "discriminator", "psnr", "psnr_pca"}


def test_clips_and_stills(stvae_config: Config, trunk: Path) -> None:
    """Both become better, with every loss on, whatever their lengths; and so it does where it is cut off."""
    changes: dict[str, Any] = {
        "data": {"frames": 5, "tasks": {"small_denoising": 1, "small_motion": 1}},
        "clips": {"share": 0.4, "batch_size": 4},
        "loss": {
            "pca": {"weight": 0.3, "until_step": 10},
            "perceptual": {"trunk": str(trunk), "weight": 0.01, "start_step": 20, "pictures": 3},
            "adversarial": {"weight": 0.01, "start_step": 30, "channels": 4},
        },
        "optimizer": {"learning_rate": 1e-2, "warmup_steps": 2},
        "steps": 50,
        "validate_every": 5,
        "keep_best": False,
        "checkpoint_seconds": 1000.0,
    }
    stills = run(stvae_config("stills", steps=1))
    config = stvae_config("whole", start_from=str(stills), **changes)
    run(config)
    lines = log_lines(config.out)
    assert sum("mse/stills" in line for line in lines) > sum("mse/clips" in line for line in lines) > 8
    figures = {"psnr", "psnr/stills", "psnr/clips", "psnr_pca", "psnr_pca/stills", "psnr_pca/clips"}
    first, *_, last = (line for line in lines if "psnr" in line)
    assert first.keys() == last.keys() == figures | {"step", "seconds"}
    for key in ("psnr/stills", "psnr/clips"):
        assert last[key] > first[key] + 0.5, key
    with torch.no_grad():
        stvae = load_stvae(config.out)
        assert stvae.decode(stvae.encode(torch.rand(1, 3, 5, 16, 16)).mean).shape == (1, 3, 5, 16, 16)
    halved = stvae_config("halved", start_from=str(stills), **changes)
    cut_off_at(halved, 30)
    run(halved)
    assert same_weights(config.out, halved.out, "stvae")


def test_clips_computed_in_parts(stvae_config: Config, trunk: Path) -> None:
    """As all at once, but for rounding; a part may hold none of the frames that the perceptual loss looks at."""
    loss = {"perceptual": {"trunk": str(trunk), "weight": 0.1, "pictures": 3}}
    data = {"frames": 5, "tasks": {"small_motion": 1}}
    shared = {"loss": loss, "data": data, "clips": {"share": 1, "batch_size": 4}, "steps": 3}
    whole = run(stvae_config("whole", **shared))
    parts = run(stvae_config("parts", distributed={"accumulation": 4}, **shared))
    for one, other in zip(log_lines(whole), log_lines(parts), strict=True):
        assert {k: v for k, v in other.items() if k != "seconds"} == pytest.approx(
            {k: v for k, v in one.items() if k != "seconds"}, rel=1e-3
        )
    with pytest.raises(ConfigError, match=r"clips\.batch_size 4 can't be shared by 1 processes x .* 8"):
        run(stvae_config("uneven", distributed={"accumulation": 8}, **shared))


def test_losses_change_what_is_learnt(stvae_config: Config, trunk: Path) -> None:
    plain = run(stvae_config("plain", loss={}))
    perceptual = run(stvae_config("perceptual", loss={"perceptual": {"trunk": str(trunk), "weight": 1.0}}))
    adversarial = run(stvae_config("adversarial", loss={"adversarial": {"weight": 1.0, "start_step": 0}}))
    assert not same_weights(plain, perceptual, "stvae")
    assert not same_weights(plain, adversarial, "stvae")


def test_a_finished_run_is_left_as_it_is(stvae_config: Config) -> None:
    config = stvae_config()
    run(config)
    shutil.copytree(config.out, config.out.parent / "copy")
    run(config)
    assert same_weights(config.out, config.out.parent / "copy", "stvae")
    assert log_lines(config.out) == log_lines(config.out.parent / "copy")


def test_more_steps_go_on(stvae_config: Config) -> None:
    run(stvae_config())
    run(stvae_config(steps=8))
    assert [line["step"] for line in log_lines(stvae_config().out) if "mse" in line] == list(range(1, 9))


def test_an_unfinished_line_of_the_log(stvae_config: Config) -> None:
    config = stvae_config()
    cut_off_at(config, 3)
    with (config.out / "log.jsonl").open("a") as file:
        file.write('{"step": 4, "mse": 0.')
    run(config)
    assert [line["step"] for line in log_lines(config.out) if "mse" in line] == [1, 2, 3, 4, 5, 6]


def test_a_wrong_trunk_ends_the_run_before_it_begins(stvae_config: Config, tmp_path: Path) -> None:
    wrong = tmp_path / "trunk.safetensors"
    wrong.write_text("no trunk")
    config = stvae_config(loss={"perceptual": {"trunk": str(wrong), "weight": 1.0}})
    with pytest.raises(CheckpointError, match=str(wrong)):
        run(config)


def test_another_network_in_the_same_folder(stvae_config: Config) -> None:
    run(stvae_config())
    wider = {"block_out_channels": [4, 4, 8, 16], "layers_per_block": 1, "norm_groups": 2}
    with pytest.raises(CheckpointError, match="does not fit the recipe's network"):
        run(stvae_config(stvae=wider, steps=8))


def test_a_frozen_encoder_stays(stvae_config: Config) -> None:
    """Fine-tuning the decoder: the latents, and with them a trained J-DiT, stay valid."""
    first = run(stvae_config("first"))
    second = run(stvae_config("second", start_from=str(first), freeze_encoder=True))
    one, two = load_stvae(first), load_stvae(second)
    assert one.config == two.config
    pixels = torch.rand(1, 3, 1, 16, 16)
    with torch.no_grad():
        assert torch.equal(one.encode(pixels).mean, two.encode(pixels).mean)
    assert not torch.equal(one.decoder.conv_in.conv.weight, two.decoder.conv_in.conv.weight)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_device(stvae_config: Config) -> None:
    with pytest.raises(ConfigError, match="0 CUDA devices"):
        run(stvae_config(device="cuda"))


def test_bfloat16(stvae_config: Config) -> None:
    whole = run(stvae_config("whole", precision="bfloat16"))
    assert not same_weights(whole, run(stvae_config("exact")), "stvae")


def test_a_validation_that_is_no_number_is_never_the_best(
    stvae_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter([float("nan"), 5.0, 1.0])
    monkeypatch.setattr(STVAEObjective, "validate", lambda *_: {"psnr": next(found)})
    config = stvae_config(steps=3, validate_every=1, checkpoint_seconds=1e9, keep_checkpoints=1)
    run(config)
    assert sorted(path.name for path in (config.out / "checkpoints").iterdir()) == ["step-00000002", "step-00000003"]


def test_going_on_with_other_settings_is_told(stvae_config: Config, caplog: pytest.LogCaptureFixture) -> None:
    for steps, told in ((1, ""), (1, ""), (2, "going on with other settings than before: steps: 1 -> 2")):
        caplog.clear()
        run(stvae_config(steps=steps))
        assert ("other settings" in caplog.text) == bool(told)
        assert told in caplog.text
