"""What a model directory holds, told without loading its weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

from safetensors import SafetensorError, safe_open

from lavincli.errors import CheckpointError
from lavincli.hub.places import CONFIG, JDIT, STVAE_FILE
from lavincli.pipeline.model_config import fingerprint, read_config

_QUICK = 10**9


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
        fingerprint: SHA-256 over the networks' settings and weights; None where it was left out.
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
    fingerprint: str | None


def summarise(directory: Path, *, quickly: bool = False) -> ModelSummary:
    """Read a model directory's configuration and the headers of its weight files.

    quickly: leave the fingerprint out where a gigabyte or more would have to be read for it. Raises CheckpointError or
    ConfigError if a file is missing, damaged, or isn't what it should be.
    """
    config = read_config(directory)
    jdit, stvae = directory / JDIT, directory / STVAE_FILE
    parameters = [_count_parameters(weights) for weights in (jdit, stvae)]
    size = jdit.stat().st_size + stvae.stat().st_size
    return ModelSummary(
        name=config.name,
        path=directory,
        license=config.license,
        resolution=config.resolution,
        context_pairs=config.context_pairs,
        attention=config.jdit.attention,
        jdit_parameters=parameters[0],
        stvae_parameters=parameters[1],
        size=size,
        fingerprint=None if quickly and size >= _QUICK else fingerprint(directory),
    )


def file_hashes(directory: Path) -> dict[str, str]:
    """SHA-256 of the configuration and of both weight files, as hexadecimal digits, by name."""
    hashes = {}
    for name in (CONFIG, JDIT, STVAE_FILE):
        with (directory / name).open("rb") as file:
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def context_sets(directory: Path) -> list[Path]:
    """The folders of example pairs that came with a model, for ``lavin predict --context``."""
    return sorted(folder for folder in directory.glob("contexts/*") if folder.is_dir())


def _count_parameters(weights: Path) -> int:
    """Sum the shapes in a file's header, which says them without the weights being read."""
    if not weights.is_file():
        raise CheckpointError(f"{weights}: missing; a model directory holds {JDIT} and {STVAE_FILE}")
    try:
        with safe_open(weights, framework="numpy") as file:
            return sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise CheckpointError(f"{weights}: not a safetensors file, or a damaged one ({error})") from error
