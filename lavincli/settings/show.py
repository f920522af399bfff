"""Every setting with its value and origin, for ``lavin config show``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from typer.core import TyperOption

from lavincli.errors import UnknownNameError
from lavincli.settings.names import RESERVED, CommandPath, key_of, options_of, plain, takes_settings, variables_of
from lavincli.settings.resolve import Setting, Settings


def every_option() -> Iterator[tuple[CommandPath, Any, TyperOption]]:
    """All options of lavin's own commands that can be set, with the command and its path."""
    from lavincli.cli.main import every_command

    for path, command in every_command():
        for option in options_of(command) if takes_settings(path) else ():
            yield path, command, option


def shown_settings(settings: Settings, only: CommandPath = ()) -> list[tuple[str, Setting]]:
    """Name and setting of every option of all commands, or of those below the path `only`.

    Raises UnknownNameError for a command that isn't there, ConfigError for a file or a variable that isn't right.
    """
    found: list[tuple[str, Setting]] = []
    paths: set[CommandPath] = set()
    for path, command, option in every_option():
        if path[: len(only)] != only:
            continue
        if path not in paths:
            settings.check(path, command)
            paths.add(path)
        default = option.default() if callable(option.default) else option.default
        setting = settings.find(path, option) or Setting(default, "default")
        found.append((".".join((*plain(path), key_of(option))), setting))
    if not paths:
        known = {" ".join(path[: n + 1]) for path, _, _ in every_option() for n in range(len(path))}
        raise UnknownNameError(" ".join(only), kind="command", known=known)
    return found


def places() -> list[tuple[str, Setting]]:
    """The folders that lavin looks into, which the environment alone sets."""
    from lavincli.hub.places import MODELS_VARIABLE, hub_cache, models_folder

    def told(variable: str, value: object, *others: str) -> tuple[str, Setting]:
        origin = next((one for one in (variable, *others) if os.environ.get(one)), "default")
        return variable, Setting(value, origin)

    return [
        told("LAVIN_TASKS", os.environ.get("LAVIN_TASKS")),
        told(MODELS_VARIABLE, models_folder()),
        told("HF_HUB_CACHE", hub_cache(), "HF_HOME", "XDG_CACHE_HOME"),
    ]


def unknown_variables() -> list[str]:
    """What is wrong with the variables whose name begins like lavin's and that set nothing, in words."""
    known = {variable for path, _, option in every_option() for variable in variables_of(path, key_of(option))}
    known.update(RESERVED)
    problems = []
    for name in sorted(os.environ):
        if name.startswith("LAVIN_") and name not in known:
            nearest = get_close_matches(name, known, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            problems.append(f"environment variable {name} sets nothing{hint}")
    return problems
