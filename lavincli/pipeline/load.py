"""`lavincli.load`: a model by name, folder or hub repository."""

from __future__ import annotations

from pathlib import Path

import torch

from lavincli.errors import CheckpointError, ConfigError, UnknownNameError
from lavincli.pipeline.model_directory import (
    CARD,
    CONFIG,
    JDIT,
    STVAE_FILE,
    bundled_models,
    fingerprint,
    load_networks,
    read_config,
)
from lavincli.pipeline.pipeline import Pipeline

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def load(
    name: str | Path, device: str | torch.device | None = None, dtype: str | torch.dtype | None = None
) -> Pipeline:
    """Load a model.

    name: a bundled model ("lavin-tiny"), a model directory, or "org/name" on the Hugging Face hub. device: by default a
    GPU if there is one, else the CPU; one that is asked for and not there is an error. dtype: by default bfloat16 on a
    GPU, float32 on the CPU. Raises UnknownNameError, CheckpointError or ConfigError.
    """
    folder = find_model(name)
    chosen = choose_device(device)
    precision = _dtype(dtype, chosen)
    config = read_config(folder)
    jdit, stvae = load_networks(folder, config)
    return Pipeline(jdit.to(chosen, precision), stvae.to(chosen, precision), config, fingerprint=fingerprint(folder))


def find_model(name: str | Path) -> Path:
    """The directory of a model; one on the hub is downloaded once and kept by huggingface_hub.

    A training run's folder stands for its newest checkpoint, and a checkpoint for the model in it.
    """
    path, bundled = Path(name), bundled_models()
    if str(name) in bundled:
        return bundled[str(name)]
    if path.is_dir():
        trained = [*sorted(path.glob(f"checkpoints/step-*/model/{CONFIG}"), reverse=True), path / "model" / CONFIG]
        found = [path / CONFIG, *trained]
        return next((config.parent for config in found if config.is_file()), path)
    if isinstance(name, str) and name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return _download(name)
    raise UnknownNameError(str(name), kind="model", known=bundled)


def _download(repository: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, allow_patterns=[CONFIG, JDIT, STVAE_FILE, CARD]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{repository}: no such folder here, and the hub gave no model ({reason})") from error


def choose_device(device: str | torch.device | None) -> torch.device:
    """The device asked for, or the best one. Raises ConfigError for one that is not there."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise ConfigError(f"device '{device}': not a device; say cpu, cuda or cuda:N") from error
    if chosen.type == "cuda" and (not torch.cuda.is_available() or (chosen.index or 0) >= torch.cuda.device_count()):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        raise ConfigError(f"device '{device}': this machine has {count} CUDA devices; choose another, or cpu")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(f"device '{device}': this machine has none; say cpu")
    return chosen


def _dtype(dtype: str | torch.dtype | None, device: torch.device) -> torch.dtype:
    if dtype is None:
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype not in _DTYPES:
        raise UnknownNameError(dtype, kind="dtype", known=_DTYPES)
    return _DTYPES[dtype]
