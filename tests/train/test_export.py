"""Models exported from a training run: self-contained, of the checkpoint and the weights that were asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import lavincli
from lavincli.cli.main import main
from lavincli.errors import CheckpointError, ConfigError
from lavincli.pipeline.export import ExportSettings, export_run
from lavincli.tensor_file import StoredTensors
from lavincli.train.config import STVAETrainConfig
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from tests.reference import relative_error
from tests.small_tasks import picture
from tests.train.conftest import JDIT_RECIPE


@pytest.fixture(scope="module")
def trained(train_tasks_folder: Path, tiny_model_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six steps with three checkpoints: at 4 with the first score, at 6 with the last."""
    folder = tmp_path_factory.mktemp("run")
    data: dict[str, Any] = {"size": 16, "tasks": {"small_denoising": 1, "small_negative": 0.5}, "workers": 0}
    data |= {"roots": {name: str(train_tasks_folder.parent / name) for name in ("pictures", "pairs")}}
    data |= {"pairs_per_task": 12, "held_out_pairs": 4, "cache": str(folder / "cache")}
    changes = {"out": str(folder / "out"), "data": data, "stvae": str(tiny_model_directory), "keep_checkpoints": 3}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(JDIT_RECIPE | changes | {"license": "CC-BY-4.0"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAVIN_TASKS", str(train_tasks_folder))
        run(read_recipe(str(folder / "recipe.yaml")))
    return folder / "out"


@pytest.fixture
def finished(trained: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(trained, tmp_path / "finished")


def test_the_average_of_the_newest_checkpoint_in_float16(finished: Path, tmp_path: Path) -> None:
    export_run(finished, tmp_path / "out", ExportSettings())
    exported = load_file(tmp_path / "out" / "jdit.safetensors")
    newest = finished / "checkpoints" / "step-00000006"
    kept = load_file(newest / "model" / "jdit.safetensors")
    assert exported.keys() == kept.keys()
    assert all(torch.equal(value, kept[name]) for name, value in exported.items())
    assert {value.dtype for value in exported.values()} == {torch.float16}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "config.json",
        "jdit.safetensors",
        "stvae.safetensors",
        "README.md",
    }


def test_what_was_trained_in_float32_is_exported_in_it(finished: Path, tmp_path: Path) -> None:
    checkpoint = finished / "checkpoints" / "step-00000005"
    for kind, prefix in (("raw", "module."), ("ema", "average.")):
        settings = ExportSettings("5", "raw" if kind == "raw" else "ema", torch.float32)
        export_run(finished, tmp_path / kind, settings)
        exported = load_file(tmp_path / kind / "jdit.safetensors")
        stored = StoredTensors(checkpoint / "jdit.safetensors")
        trained = stored.under(prefix)
        assert trained
        assert all(torch.equal(exported[name], stored[key]) for name, key in trained.items())
    raw, ema = (load_file(tmp_path / kind / "jdit.safetensors") for kind in ("raw", "ema"))
    assert any(not torch.equal(raw[name], ema[name]) for name in raw)


def test_an_export_answers_without_the_run(finished: Path, tmp_path: Path) -> None:
    words = ["models", "export", str(finished), str(tmp_path / "out"), "--dtype", "bfloat16", "--name", "mine"]
    assert main(words) == 0
    expected = lavincli.load(finished, device="cpu")
    shutil.rmtree(finished)
    pipe = lavincli.load(tmp_path / "out", device="cpu")
    assert (pipe.config.name, pipe.config.license) == ("mine", "CC-BY-4.0")
    latents = pipe.encode(picture(1, 16, 16)[None])
    assert relative_error(latents, expected.encode(picture(1, 16, 16)[None])) < 0.05
    answer = pipe.sample(torch.cat([latents] * 3, 2), grid="uniform:2")
    assert torch.isfinite(answer).all()


def test_the_card_says_what_it_is_and_nothing_of_this_machine(finished: Path, tmp_path: Path) -> None:
    settings = ExportSettings(name="mine", license="Apache-2.0", kind="raw")
    export_run(finished, tmp_path / "out", settings)
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0\nlibrary_name: lavin\n")
    for fact in ("# mine", "6 steps", "small_denoising (67%)", "the weights without averaging", "float16", "16 x 16"):
        assert fact in card
    assert str(tmp_path) not in card


@pytest.mark.parametrize("which", ["best", "4", "step-00000004"])
def test_which_checkpoint(finished: Path, tmp_path: Path, which: str) -> None:
    best = finished / "checkpoints" / "step-00000004" / "manifest.json"
    manifest = json.loads(best.read_text())
    best.write_text(json.dumps(manifest | {"score": 99.0}))
    export_run(finished, tmp_path / "out", ExportSettings(which))
    kept = load_file(best.parent / "model" / "jdit.safetensors")
    exported = load_file(tmp_path / "out" / "jdit.safetensors")
    assert all(torch.equal(value, kept[name]) for name, value in exported.items())


def test_a_checkpoint_or_a_model_stands_for_itself(finished: Path, tmp_path: Path, tiny_model_directory: Path) -> None:
    export_run(finished / "checkpoints" / "step-00000005", tmp_path / "five", ExportSettings())
    kept = load_file(finished / "checkpoints" / "step-00000005" / "model" / "jdit.safetensors")
    assert torch.equal(load_file(tmp_path / "five" / "jdit.safetensors")["prompt_embed"], kept["prompt_embed"])
    export_run(tiny_model_directory, tmp_path / "model", ExportSettings(dtype=torch.float32))
    assert lavincli.load(tmp_path / "model").fingerprint == lavincli.load(tiny_model_directory).fingerprint
    with pytest.raises(CheckpointError, match="holds one set of weights"):
        export_run(tiny_model_directory, tmp_path / "raw", ExportSettings(kind="raw"))
    assert not (tmp_path / "raw").exists()


def test_refusals_leave_nothing_behind(
    finished: Path, tmp_path: Path, stvae_config: Callable[..., STVAETrainConfig]
) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint '7'; there are newest, best, 4, 5, 6"):
        export_run(finished, tmp_path / "out", ExportSettings("7"))
    with pytest.raises(CheckpointError, match="no such folder; give a training run's folder"):
        export_run(tmp_path / "nowhere", tmp_path / "out", ExportSettings())
    with pytest.raises(ConfigError, match="holds a model already"):
        export_run(finished, finished / "model", ExportSettings())
    alone = run(stvae_config("stvae"))
    with pytest.raises(CheckpointError, match="a trained ST-VAE alone"):
        export_run(alone, tmp_path / "out", ExportSettings())
    damaged = finished / "checkpoints" / "step-00000006" / "jdit.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-5] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        export_run(finished, tmp_path / "out", ExportSettings())
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".lavin-*"))


def test_what_float16_cannot_hold_is_not_rounded_to_infinity(tiny_model_directory: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model_directory, tmp_path / "large")
    path = tmp_path / "large" / "jdit.safetensors"
    weights = load_file(path)
    weights["prompt_embed"][0, 0] = 1e6
    save_file(weights, path)
    with pytest.raises(CheckpointError, match="prompt_embed: too large for float16; export it with --dtype bfloat16"):
        export_run(tmp_path / "large", tmp_path / "out", ExportSettings())
    assert not (tmp_path / "out").exists()
    export_run(tmp_path / "large", tmp_path / "out", ExportSettings(dtype=torch.bfloat16))
