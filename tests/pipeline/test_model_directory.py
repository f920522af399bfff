"""Model directories: imported from published files, written, read, refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import lavincli
from lavincli.errors import CheckpointError, ConfigError
from lavincli.model.config import PUBLISHED_LATENT_SCALE, PUBLISHED_LATENT_SHIFT
from lavincli.pipeline.model_directory import (
    fingerprint,
    import_published,
    load_networks,
    load_stvae,
    read_config,
    save_model,
    save_stvae,
)
from tests.reference import REFERENCE, cases, relative_error

JDIT, STVAE, CONFIG = (REFERENCE / name for name in ("jdit.safetensors", "stvae.safetensors", "config.json"))


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As published: the J-DiT as safetensors, the ST-VAE as a pickle with a `state_dict` entry."""
    folder = tmp_path_factory.mktemp("published")
    torch.save({"state_dict": load_file(STVAE)}, folder / "stvae.pt")
    import_published(JDIT, folder / "stvae.pt", CONFIG, folder / "model")
    return folder / "model"


def test_files(imported: Path) -> None:
    assert {path.name for path in imported.iterdir()} == {
        "config.json",
        "jdit.safetensors",
        "stvae.safetensors",
        "README.md",
    }
    config = read_config(imported)
    assert (config.name, config.context_pairs, config.jdit.attention) == ("model", 2, "joint")
    assert (config.stvae.latent_shift, config.stvae.latent_scale) == (PUBLISHED_LATENT_SHIFT, PUBLISHED_LATENT_SCALE)


def test_imported_model_has_the_public_interface(imported: Path) -> None:
    golden = cases()
    pipe = lavincli.load(imported, device="cpu")
    with torch.no_grad():
        velocity = pipe.jdit(golden["v_image.x"], golden["v_image.t"], golden["v_image.cond"])
        posterior = pipe.stvae.encode(golden["vae_video.pixels"])
        decoded = pipe.stvae.decode(golden["vae_video.mean"])
    assert relative_error(velocity, golden["v_image.out"]) < 1e-4
    assert relative_error(posterior.mean, golden["vae_video.mean"]) < 1e-4
    assert posterior.logvar.shape == posterior.mean.shape
    assert relative_error(decoded, golden["vae_video.decoded"]) < 1e-4
    latents = pipe.sample(golden["sample.cond"], golden["sample.noise"], guidance=1.5, grid=30)
    assert relative_error(latents, golden["sample.latent.cfg1.5.grid30"]) < 1e-3


def test_by_default_the_published_model_is_meant(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"not the weights of this JDiT: .*missing.*expected 1x2304"):
        import_published(JDIT, STVAE, None, tmp_path / "out")


def test_exchanged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        import_published(STVAE, JDIT, CONFIG, tmp_path / "out")
    message = str(caught.value)
    assert message.startswith(f"{STVAE}: not the weights of this JDiT: ")
    assert "missing: prompt_embed, answer_embed" in message
    assert "unexpected: decoder.conv_in.conv.bias" in message
    assert len(message) < 600
    assert not (tmp_path / "out").exists()


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    settings = json.loads(CONFIG.read_text())
    settings["jdit"]["depth"] += 1
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(CheckpointError, match=r"missing: blocks\.3\."):
        import_published(JDIT, STVAE, tmp_path / "config.json", tmp_path / "out")
    settings["jdit"] |= {"depth": 3, "hidden_size": 192}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(CheckpointError, match=r"wrong shape: .*prompt_embed is 1x96, expected 1x192"):
        import_published(JDIT, STVAE, tmp_path / "config.json", tmp_path / "out")


def test_a_model_is_not_written_over(imported: Path) -> None:
    before = fingerprint(imported)
    with pytest.raises(ConfigError, match="holds a model already"):
        import_published(JDIT, STVAE, CONFIG, imported)
    assert fingerprint(imported) == before


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"jdit": {"hidden_size": 96, "depth": 3, "num_heads": 4, "kv_group": 2, "dept": 1}}, "jdit.dept"),
        ({"jdit": {"hidden_size": 96, "depth": 3, "num_heads": 4}}, "jdit.kv_group"),
        ({"jdit": {"hidden_size": 97, "depth": 3, "num_heads": 4, "kv_group": 2}}, "jdit"),
        ({"stvae": 3}, "stvae"),
        ({"sampling": {"grid": "cosine:3"}}, "sampling.grid"),
    ],
)
def test_settings_are_refused_by_file_and_key(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(CONFIG.read_text()) | change))
    with pytest.raises(ConfigError) as caught:
        import_published(JDIT, STVAE, path, tmp_path / "out")
    assert str(caught.value).startswith(f"{path}: key '{key}': ")


@pytest.mark.parametrize(("content", "reason"), [("{", "not JSON"), ("[1]", "expected a JSON object")])
def test_settings_that_are_no_settings(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ConfigError, match=reason):
        read_config(tmp_path)
    with pytest.raises(ConfigError, match="can't be read"):
        import_published(JDIT, STVAE, tmp_path / "absent.json", tmp_path / "out")


def test_written_models_are_read_back(tiny_model_directory: Path, tmp_path: Path) -> None:
    config = read_config(tiny_model_directory)
    jdit, stvae = load_networks(tiny_model_directory, config)
    save_model(tmp_path / "copy", config, jdit, stvae, card="# copy\n")
    assert read_config(tmp_path / "copy") == config
    assert fingerprint(tmp_path / "copy") == fingerprint(tiny_model_directory)
    save_model(tmp_path / "half", config, jdit, stvae, card="# half\n", dtype=torch.float16)
    again, _ = load_networks(tmp_path / "half", config)
    for name, value in jdit.state_dict().items():
        assert torch.equal(again.state_dict()[name], value.half().float()), name
    whole, half = (folder / "jdit.safetensors" for folder in (tmp_path / "copy", tmp_path / "half"))
    assert half.stat().st_size < 0.6 * whole.stat().st_size


def test_fingerprint_follows_weights_and_settings_not_names(tiny_model_directory: Path, tmp_path: Path) -> None:
    folder = tmp_path / "renamed"
    shutil.copytree(tiny_model_directory, folder)
    original = fingerprint(folder)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"name": "other"}))
    assert fingerprint(folder) == original
    settings["jdit"]["condition_time"] = 0.5
    (folder / "config.json").write_text(json.dumps(settings))
    assert fingerprint(folder) != original
    settings["jdit"]["condition_time"] = 1.0
    (folder / "config.json").write_text(json.dumps(settings))
    assert fingerprint(folder) == original
    weights = load_file(folder / "jdit.safetensors")
    weights["prompt_embed"][0, 0] += 1e-3
    save_file(weights, folder / "jdit.safetensors")
    assert fingerprint(folder) != original


def test_stvae_alone(tiny_model_directory: Path, tmp_path: Path) -> None:
    stvae = load_stvae(tiny_model_directory)
    again = load_stvae(save_stvae(stvae, tmp_path / "stvae"))
    assert again.config == stvae.config
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in stvae.state_dict().items())
    with pytest.raises(CheckpointError, match="holds no trained ST-VAE"):
        load_stvae(tmp_path)
