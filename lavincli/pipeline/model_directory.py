"""Model directories: `config.json`, `jdit.safetensors`, `stvae.safetensors`, `README.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from lavincli.atomic import atomic_folder, atomic_path, atomic_write_json, atomic_write_text
from lavincli.errors import CheckpointError, ConfigError
from lavincli.hub.places import CARD, JDIT, STVAE_FILE
from lavincli.hub.places import CONFIG as CONFIG
from lavincli.model.config import ModelConfig, STVAEConfig
from lavincli.model.jdit import JDiT
from lavincli.model.presets import JDIT_PRESETS, STVAE_PRESETS
from lavincli.model.stvae import STVAE
from lavincli.model.weights import describe_difference, load_strictly, read_weights
from lavincli.pipeline.model_config import fingerprint as fingerprint
from lavincli.pipeline.model_config import read_config as read_config
from lavincli.pipeline.model_config import read_json, validate
from lavincli.tensor_file import Kind, StoredTensors, write_tensors

Network = TypeVar("Network", bound=nn.Module)
Weights = nn.Module | Mapping[str, Tensor]
Config = TypeVar("Config")


def load_networks(folder: Path, config: ModelConfig) -> tuple[JDiT, STVAE]:
    """Both networks in float32 on the CPU, in evaluation mode. Raises CheckpointError if a file doesn't fit."""
    jdit = _build(JDiT, config.jdit, folder / JDIT)
    stvae = _build(STVAE, config.stvae, folder / STVAE_FILE)
    return jdit, stvae


def check_model(folder: Path) -> ModelConfig:
    """Whether a model directory's weights are those that its configuration says, told by the files' headers.

    Raises CheckpointError or ConfigError.
    """
    config = read_config(folder)
    _checked(_on_meta(JDiT, config.jdit), folder / JDIT)
    _checked(_on_meta(STVAE, config.stvae), folder / STVAE_FILE)
    return config


def save_model(
    folder: Path, config: ModelConfig, jdit: Weights, stvae: Weights, *, card: str, dtype: torch.dtype | None = None
) -> None:
    """Write a model directory; `config.json` comes last, so that an interrupted write leaves no model behind."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).unlink(missing_ok=True)
    save_weights(jdit, folder / JDIT, dtype)
    save_weights(stvae, folder / STVAE_FILE, dtype)
    atomic_write_text(folder / CARD, card)
    atomic_write_json(folder / CONFIG, config.model_dump(mode="json"))


def save_stvae(stvae: STVAE, folder: Path) -> Path:
    """Write an ST-VAE on its own: `stvae.safetensors`, and `config.json` with its settings alone."""
    return save_stvae_weights(stvae, stvae.config, folder)


def save_stvae_weights(weights: Weights, config: STVAEConfig, folder: Path) -> Path:
    """The same, from weights by name."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(weights, folder / STVAE_FILE, None)
    atomic_write_json(folder / CONFIG, {"stvae": config.model_dump(mode="json")})
    return folder


def load_stvae(folder: Path) -> STVAE:
    """The ST-VAE of a model directory, or of a folder that `save_stvae` wrote."""
    return _build(STVAE, read_stvae_config(folder), folder / STVAE_FILE)


def read_stvae_config(folder: Path) -> STVAEConfig:
    """What `load_stvae` would load. Raises CheckpointError for a folder without one."""
    path = folder / CONFIG
    if not path.is_file():
        raise CheckpointError(f"{folder}: holds no trained ST-VAE (no {CONFIG}); train one first")
    return validate(STVAEConfig, read_json(path).get("stvae"), path)


def import_published(jdit: Path, stvae: Path, config: Path | None, out: Path) -> ModelConfig:
    """Make a model directory from published files.

    Without `config` the 3.4b preset and the published ST-VAE are meant; with it, a JSON file
    `{"jdit": {...}, "stvae": {...}, "context_pairs": K}`. Raises CheckpointError or ConfigError; `out` must not hold a
    model. It appears complete or not at all.
    """
    check_free(out)
    settings: dict[str, Any] = {"jdit": JDIT_PRESETS["3.4b"], "stvae": STVAE_PRESETS["published"]}
    if config is not None:
        settings |= read_json(config)
    source = config or Path("the 3.4b preset")
    model = validate(ModelConfig, {"name": out.name, **settings}, source)
    with atomic_folder(out) as folder:
        convert(jdit, stvae, model, folder)
    return model


def convert(jdit: Path, stvae: Path, config: ModelConfig, folder: Path) -> None:
    """Fill a folder with a model, from weight files in any form that is read and in the precision they are in.

    The weights of a safetensors file are never all in memory. Raises CheckpointError where they are others than the
    configuration says.
    """
    weights = [
        _checked(_on_meta(JDiT, config.jdit), jdit),
        _checked(_on_meta(STVAE, config.stvae), stvae),
    ]
    card = f"# {config.name}\n\nImported from `{jdit.name}` and `{stvae.name}`. Licence: that of the published files.\n"
    save_model(folder, config, *weights, card=card)


def check_free(out: Path) -> None:
    """Raise ConfigError if there is something where a model is to be made."""
    if (out / CONFIG).exists():
        raise ConfigError(f"{out}: holds a model already; choose another folder or delete it")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ConfigError(f"{out}: is there already, and not an empty folder; choose another")


def _build(kind: Callable[[Config], Network], config: Config, weights: Path) -> Network:
    network = _on_meta(kind, config)
    load_strictly(network, read_weights(weights), weights)
    return network.eval()


def _on_meta(kind: Callable[[Config], Network], config: Config) -> Network:
    """A network with names and shapes, and no memory for weights."""
    with torch.device("meta"):
        return kind(config)


def _checked(network: nn.Module, path: Path) -> Mapping[str, Tensor]:
    """The weights of a file, once names and shapes are those of a network; of a safetensors file its header tells."""
    weights: Mapping[str, Tensor]
    if path.suffix == ".safetensors" and path.is_file():
        try:
            weights = stored = StoredTensors(path)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{path}: not a safetensors file, or a damaged one ({error})") from error
        found = {name: torch.empty(stored.shape(name), device="meta") for name in stored}
    else:
        weights = found = read_weights(path)
    difference = describe_difference(network.state_dict(), found)
    if difference:
        raise CheckpointError(f"{path}: not the weights of this {type(network).__name__}: {difference}")
    return weights


def save_weights(network: Weights, path: Path, dtype: torch.dtype | None) -> None:
    """Write a network's weights, tensor by tensor; `dtype` is what they are stored in, by default what they are."""
    weights = network.state_dict() if isinstance(network, nn.Module) else network

    def stored(value: Tensor) -> Tensor:
        return value.detach().to(dtype or value.dtype)

    kinds = {name: Kind(dtype or weights[name].dtype, tuple(weights[name].shape)) for name in weights}
    # The order of safetensors' own writer: every tensor is aligned, and a model's file doesn't depend on who wrote it.
    names = sorted(kinds, key=lambda name: (-kinds[name].dtype.itemsize, name))
    layout = {name: kinds[name] for name in names}
    with atomic_path(path) as temporary:
        write_tensors(temporary, layout, ((name, stored(weights[name])) for name in names))
