"""Writing one setting into the user's own file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
import yaml
from typer.core import TyperOption

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.settings.files import read_file, user_file
from lavincli.settings.names import is_common, key_of, plain
from lavincli.settings.resolve import coerced
from lavincli.settings.show import every_option


def write_setting(key: str, text: str) -> Path:
    """Set ``device`` or ``predict.device`` in the user's file; ``null`` removes it. Returns the file's path.

    Raises UnknownNameError for a key that isn't one, ConfigError for a value that the option doesn't take, or where the
    file holds comments, which would be lost.
    """
    options = _by_name()
    words = plain(key.split("."))
    name = ".".join(words)
    if name not in options:
        raise UnknownNameError(key, kind="setting", known=options)
    file = user_file()
    content = _content(file)
    value = yaml.safe_load(text)
    if value is not None:
        _check(name, options[name], value, text)
    _put(content, words, value)
    atomic_write_text(file, yaml.safe_dump(content, sort_keys=False, allow_unicode=True) if content else "")
    return file


def settable() -> list[str]:
    """All keys that `write_setting` takes."""
    return sorted(_by_name())


def _by_name() -> dict[str, TyperOption]:
    """The options by all names that a file may have for them."""
    found: dict[str, TyperOption] = {}
    for path, _, option in every_option():
        found[".".join((*plain(path), key_of(option)))] = option
        if is_common(path, key_of(option)):
            found.setdefault(key_of(option), option)
    return found


def _content(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    if any("#" in line for line in file.read_text(encoding="utf-8").splitlines()):
        raise ConfigError(f"{file}: holds comments, which would be lost; write the setting into it by hand")
    return dict(read_file(file).content)


def _check(name: str, option: TyperOption, value: Any, text: str) -> None:
    given = [str(one) for one in (value if isinstance(value, list) else [value])] if option.multiple else value
    try:
        coerced(option, given if isinstance(given, bool | list) else str(given))
    except typer.BadParameter as error:
        raise ConfigError(f"{name}: '{text}' is no value of it: {error.message.rstrip('.')}") from error


def _put(content: dict[str, Any], words: Sequence[str], value: Any) -> None:
    *sections, key = words
    place = content
    for section in sections:
        place = place.setdefault(section, {})
    if value is None:
        place.pop(key, None)
    else:
        place[key] = value
