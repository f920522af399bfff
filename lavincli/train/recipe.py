"""Reading a recipe: a YAML file or a shipped name, with `key=value` changes, validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig, TrainConfig

# Of a run, in its folder: as `write_resolved` wrote it.
RESOLVED = "recipe.yaml"
_ADAPTER: TypeAdapter[STVAETrainConfig | JDiTTrainConfig] = TypeAdapter(TrainConfig)


def shipped_recipes() -> dict[str, Path]:
    """Recipes inside the package, by name."""
    folder = Path(str(files("lavincli.train") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read_recipe(name: str, changes: Sequence[str] = ()) -> STVAETrainConfig | JDiTTrainConfig:
    """A recipe file or a shipped recipe's name; `changes` are `key.inner=value`, values in YAML.

    Raises ConfigError that names file, key and reason, or UnknownNameError.
    """
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        shipped = shipped_recipes()
        if name not in shipped:
            raise UnknownNameError(name, kind="recipe", known=shipped)
        path = shipped[name]
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path}: expected keys and values, as in the shipped recipes ({', '.join(shipped_recipes())})"
        )
    for change in changes:
        _apply(content, change)
    try:
        return _ADAPTER.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:]) or "network"
        raise ConfigError(f"{path}: key '{key}': {first['msg']}") from error


def write_resolved(config: STVAETrainConfig | JDiTTrainConfig, path: Path) -> None:
    """Write the recipe as it was resolved, every default spelt out, so that it can be run again."""
    atomic_write_text(path, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def changed_settings(config: STVAETrainConfig | JDiTTrainConfig, path: Path) -> list[str]:
    """What is set otherwise than in a recipe that `write_resolved` wrote: `steps: 100 -> 200`.

    Keys that only one of the two has are left out: the recipe may be an earlier version's.
    """
    before = _flat(yaml.safe_load(path.read_text(encoding="utf-8")))
    now = _flat(config.model_dump(mode="json"))
    return [f"{key}: {before[key]} -> {now[key]}" for key in now if key in before and before[key] != now[key]]


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{outer.inner: value}`."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return found


def _apply(content: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals or not key:
        raise ConfigError(f"'{change}': expected key=value, for example optimizer.learning_rate=0.001")
    *outer, last = key.split(".")
    place = content
    for part in outer:
        # One that the recipe leaves out with null is begun.
        inner = {} if place.get(part) is None else place[part]
        if not isinstance(inner, dict):
            raise ConfigError(f"'{change}': {part} is no group of keys")
        place[part] = inner
        place = inner
    try:
        place[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"'{change}': the value is not YAML ({' '.join(str(error).split())})") from error
