"""Files of settings: YAML, read whole or refused with the file, the key and the nearest right one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lavincli.errors import ConfigError, UnknownNameError
from lavincli.settings.names import CommandPath, plain


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file of settings: options for all commands at the top, those of one command in the section of its name."""

    path: Path
    content: Mapping[str, Any]

    def section(self, path: CommandPath) -> Mapping[str, Any]:
        """What the file says for one command alone. Raises ConfigError where that is no table."""
        found = self.content
        for word in plain(path):
            inside = found.get(word)
            found = {} if inside is None else inside
            if not isinstance(found, Mapping):
                raise ConfigError(
                    f"{self.path}: key '{'.'.join(path)}': expected a table of this command's options, not '{found}'"
                )
        return found

    def check(self, where: CommandPath, found: Iterable[str], known: Iterable[str]) -> None:
        """Raise ConfigError for a key that isn't among those known; it names the nearest."""
        expected = plain(known)
        for key in found:
            if key not in expected:
                full = ".".join((*plain(where), key))
                unknown = UnknownNameError(full, "setting", [".".join((*plain(where), name)) for name in expected])
                raise ConfigError(f"{self.path}: {unknown.message}")


def user_file() -> Path:
    """The user's own file of settings, which is read if it is there."""
    import platformdirs

    return platformdirs.user_config_path("lavin") / "config.yaml"


def read_file(path: Path) -> SettingsFile:
    """Read a file of settings. Raises ConfigError: can't be read, isn't YAML, isn't a table."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}); it is a file of settings in YAML") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML ({error}); write one 'key: value' a line") from error
    if content is None:
        content = {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{path}: expected keys and values, such as 'device: cpu'")
    return SettingsFile(path, _plainly(content))


def _plainly(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same with plain keys, in sections too: both `batch-size` and `batch_size` are taken."""
    return {
        plain([str(key)])[0]: _plainly(value) if isinstance(value, Mapping) else value for key, value in content.items()
    }
