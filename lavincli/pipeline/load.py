"""`lavincli.load`: a model by name, folder or hub repository."""

from __future__ import annotations

from pathlib import Path

import torch

from lavincli.engine.precision import fastest_dtype
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.hub.find import find_model as find_model
from lavincli.pipeline.model_directory import fingerprint, load_networks, read_config
from lavincli.pipeline.pipeline import Pipeline

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def load(
    name: str | Path, device: str | torch.device | None = None, dtype: str | torch.dtype | None = None
) -> Pipeline:
    """Load a model.

    name: a bundled model ("lavin-tiny"), one that `lavin models pull` made, a model directory, a training run's folder,
    or "org/name" or "org/name@revision" on the Hugging Face hub. device: by default a
    GPU if there is one, else the CPU; one that is asked for and not there is an error. dtype: by default bfloat16 on a
    GPU, float32 on the CPU. Raises UnknownNameError, CheckpointError or ConfigError.
    """
    folder = find_model(name)
    chosen = choose_device(device)
    precision = choose_dtype(dtype, chosen)
    config = read_config(folder)
    jdit, stvae = load_networks(folder, config)
    return Pipeline(jdit.to(chosen, precision), stvae.to(chosen, precision), config, fingerprint=fingerprint(folder))


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


def choose_dtype(dtype: str | torch.dtype | None, device: torch.device) -> torch.dtype:
    """The number format asked for, or the one that fits the device; "auto" is the fastest one (`fastest_dtype`).

    Raises UnknownNameError for another one.
    """
    if dtype is None:
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype == "auto":
        return fastest_dtype(device)
    if dtype not in _DTYPES:
        raise UnknownNameError(dtype, kind="dtype", known=[*_DTYPES, "auto"])
    return _DTYPES[dtype]
