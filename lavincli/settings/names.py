"""What an option is called in files and in the environment.

``lavin predict --batch-size 4`` is, in a file, ``predict: {batch_size: 4}``, and in the environment
``LAVIN_PREDICT_BATCH_SIZE=4``. What means the same for every command can be said once for all:
``batch_size: 4`` at the top of a file, or ``LAVIN_BATCH_SIZE=4``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperOption

COMMON = ("model", "device", "dtype", "seed", "batch_size", "guidance", "grid", "solver", "json", "offline")
"""Options that mean the same wherever they are."""
_OWN_MEANING = {("models", "export", "dtype")}
"""Options that are called like a common one, and mean something else: there it is what a file is stored in."""
RESERVED = ("LAVIN_TASKS", "LAVIN_MODELS", "LAVIN_CONFIG", "LAVIN_CHILD", "LAVIN_OFFLINE")
"""Variables that aren't options of a command, or are read elsewhere too."""
CommandPath = tuple[str, ...]
"""The words of a command after ``lavin``: ``("models", "export")``."""
_MENDING = ("config", "doctor", "completion")
"""What settings are looked at and put right with has to work however wrong they are, so it takes none."""


def takes_settings(path: CommandPath) -> bool:
    """Whether a command's options can be set elsewhere than on the command line."""
    return path[0] not in _MENDING


def options_of(command: Any) -> Iterator[TyperOption]:
    """The options of a command that can be set elsewhere than on the command line."""
    for parameter in command.params:
        # What every command takes (--debug, --config, ...) is not handed to it; of these --offline alone is a setting.
        settable = parameter.expose_value or parameter.name == "offline"
        if settable and isinstance(parameter, TyperOption) and not parameter.hidden:
            yield parameter


def key_of(option: TyperOption) -> str:
    """The name of an option in a file: that of its long flag, with underscores."""
    return plain([max(option.opts, key=len).lstrip("-")])[0]


def plain(words: Iterable[str]) -> CommandPath:
    """Words of the command line as they are in files."""
    return tuple(word.replace("-", "_") for word in words)


def is_common(path: CommandPath, key: str) -> bool:
    """Whether an option of a command can be set for all commands at once."""
    return key in COMMON and (*path, key) not in _OWN_MEANING


def variables_of(path: CommandPath, key: str) -> list[str]:
    """The environment variables that set an option, the one that counts most first."""
    own = "_".join(plain(("LAVIN", *path, key))).upper()
    return [own, f"LAVIN_{key.upper()}"] if is_common(path, key) else [own]
