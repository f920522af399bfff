"""What a model directory holds, told without loading its weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

from safetensors import SafetensorError, safe_open

from lavincli.errors import CheckpointError
from lavincli.pipeline.model_directory import JDIT, STVAE_FILE, fingerprint, read_config


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """A model directory in a few numbers.

    Attributes:
        name: the model's own name, from ``config.json``.
        path: the directory.
        license: as the model's maker states it.
        resolution: side of the square pictures it works on, in pixels.
        context_pairs: how many example pairs it is shown unless the caller says otherwise.
        attention: "joint" or "oneway".
        jdit_parameters, stvae_parameters: how many numbers each network holds.
        size: of the two weight files together, in bytes.
        fingerprint: SHA-256 over the networks' settings and weights.
    """

    name: str
    path: Path
    license: str
    resolution: int
    context_pairs: int
    attention: str
    jdit_parameters: int
    stvae_parameters: int
    size: int
    fingerprint: str


def summarise(directory: Path) -> ModelSummary:
    """Read a model directory's configuration and the headers of its weight files.

    Raises CheckpointError or ConfigError if a file is missing, damaged, or isn't what it should be.
    """
    config = read_config(directory)
    jdit, stvae = directory / JDIT, directory / STVAE_FILE
    return ModelSummary(
        name=config.name,
        path=directory,
        license=config.license,
        resolution=config.resolution,
        context_pairs=config.context_pairs,
        attention=config.jdit.attention,
        jdit_parameters=_count_parameters(jdit),
        stvae_parameters=_count_parameters(stvae),
        size=jdit.stat().st_size + stvae.stat().st_size,
        fingerprint=fingerprint(directory),
    )


def _count_parameters(weights: Path) -> int:
    """Sum the shapes in a file's header, which says them without the weights being read."""
    if not weights.is_file():
        raise CheckpointError(f"{weights}: missing; a model directory holds {JDIT} and {STVAE_FILE}")
    try:
        with safe_open(weights, framework="numpy") as file:
            return sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise CheckpointError(f"{weights}: not a safetensors file, or a damaged one ({error})") from error
