"""What a model directory says of itself: its configuration and its fingerprint. Imports no PyTorch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from lavincli.errors import CheckpointError, ConfigError
from lavincli.hub.places import CONFIG, JDIT, STVAE_FILE
from lavincli.model.config import ModelConfig, STVAEConfig

Settings = TypeVar("Settings", ModelConfig, STVAEConfig)


def read_config(folder: Path) -> ModelConfig:
    """`config.json` of a model directory; raises CheckpointError or ConfigError naming the file and the key."""
    path = folder / CONFIG
    if not path.is_file():
        raise CheckpointError(f"{folder}: not a model directory (no {CONFIG}); make one with 'lavin models import'")
    return validate(ModelConfig, read_json(path), path)


def fingerprint(folder: Path) -> str:
    """SHA-256 over the settings that decide an answer and both weight files, as hexadecimal digits."""
    digest = hashlib.sha256()
    config = read_config(folder).model_dump(mode="json", include={"jdit", "stvae"})
    digest.update(json.dumps(config, sort_keys=True).encode())
    for name in (JDIT, STVAE_FILE):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """An object from a JSON file. Raises ConfigError if there is none."""
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON ({error})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected a JSON object with the keys jdit and stvae")
    return content


def validate(kind: type[Settings], value: Any, path: Path) -> Settings:
    """Settings from an object; raises ConfigError that names the file and the key."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: key '{key}': {first['msg']}") from error
