"""One place that knows what an option's value is, and why, when no flag says so."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperOption

from lavincli.errors import ConfigError
from lavincli.settings.files import SettingsFile, read_file, user_file
from lavincli.settings.names import COMMON, CommandPath, is_common, key_of, options_of, plain, variables_of

CONFIG_VARIABLE = "LAVIN_CONFIG"
"""Environment variable: a file of settings, as if given by ``--config``."""
_OF_ONE_PROCESS = ("nproc", "shard")
"""What is said of the command that was typed, and not of the processes that it starts."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from: "default", a variable's name, or a file's path."""

    value: Any
    origin: str


class Settings:
    """The settings of one run of lavin.

    Args:
        known: names that may stand at the top of a file besides the common options: those of the commands.
        more: further such names, asked for only where one is met that isn't known (plugins have to be imported).
    """

    def __init__(self, known: Iterable[str], more: Callable[[], Iterable[str]] = tuple) -> None:
        self._known, self._more = (*COMMON, *plain(known)), more
        self._given: Path | None = None

    def use(self, path: Path) -> None:
        """Take a file into account, the one of ``--config``. Raises ConfigError if it is no file of settings."""
        self._given = path
        self.__dict__.pop("files", None)
        assert self.files

    @functools.cached_property
    def files(self) -> list[SettingsFile]:
        """The files that are there, the one that counts most first."""
        told = self._given or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
        paths = [told.expanduser()] if told is not None else []
        if user_file().is_file():
            paths.append(user_file())
        found = [read_file(path) for path in paths]
        for file in found:
            unknown = [key for key in file.content if key not in self._known]
            if unknown:
                file.check((), unknown, [*self._known, *self._more()])
        return found

    def find(self, path: CommandPath, option: TyperOption) -> Setting | None:
        """What the environment or a file says of an option of a command; None where neither does.

        Raises ConfigError for a value that isn't one, naming where it stands.
        """
        from lavincli.processes import CHILD_VARIABLE

        key = key_of(option)
        if key in _OF_ONE_PROCESS and os.environ.get(CHILD_VARIABLE):
            return None
        for variable in variables_of(path, key):
            text = os.environ.get(variable)
            if text:
                value: Any = shlex.split(text) if option.multiple else text
                return Setting(_checked(option, value, f"environment variable {variable}"), variable)
        for file in self.files:
            for keys, section in ((path, file.section(path)), *([((), file.content)] if is_common(path, key) else [])):
                given = section.get(key)
                if given is not None:
                    where = f"{file.path}: key '{'.'.join((*plain(keys), key))}'"
                    return Setting(_checked(option, _as_words(option, given), where), str(file.path))
        return None

    def check(self, path: CommandPath, command: Any) -> None:
        """Raise ConfigError for a key in a command's section that none of its options has."""
        inside = [*getattr(command, "commands", ())]
        known = [*map(key_of, options_of(command)), *inside]
        for file in self.files:
            file.check(path, file.section(path), known)


def coerced(option: TyperOption, value: Any) -> Any:
    """A value as the command would get it. Raises typer.BadParameter for one that the command would not take."""
    nowhere: Any = None  # typer takes the context for its message, which is told in other words here
    return option.get_runtime_param().coerce(value, param=option, ctx=nowhere)


def _checked(option: TyperOption, value: Any, where: str) -> Any:
    try:
        coerced(option, value)
    except typer.BadParameter as error:
        shown = " ".join(value) if isinstance(value, list) else value
        reason = error.message.rstrip(".")
        raise ConfigError(f"{where}: '{shown}' is no value of {max(option.opts, key=len)}: {reason}") from error
    return value


def _as_words(option: TyperOption, value: Any) -> Any:
    """A value of a file as it would stand on the command line, where everything is text."""
    if option.multiple:
        return [str(word) for word in (value if isinstance(value, list) else [value])]
    if isinstance(value, bool | list | dict):
        return value
    text = str(value)
    return str(Path(text).expanduser()) if option.type_descriptor.is_path and text.startswith("~") else text
