"""What every command gets, whoever wrote it: lavin's global options, and settings from the environment and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from typer.core import TyperGroup

from lavincli.settings.context import SettingsContext
from lavincli.settings.names import CommandPath

_EVERYWHERE = ("debug", "verbose", "quiet", "offline", "config")
"""Options that every sub-command takes."""


def prepare(command: Any, options: Sequence[Any]) -> None:
    """Make a command, or all in a group, take its options' values from where lavin's come from.

    options: those of ``lavin`` itself; ``lavin predict --debug`` then means what ``lavin --debug predict`` means.
    """
    for _, leaf in leaves((), command):
        leaf.context_class = SettingsContext
        taken = {flag for parameter in leaf.params for flag in (*parameter.opts, *parameter.secondary_opts)}
        leaf.params.extend(option for option in options if option.name in _EVERYWHERE and taken.isdisjoint(option.opts))


def leaves(path: CommandPath, command: Any) -> Iterator[tuple[CommandPath, Any]]:
    """The commands that do something: a command itself, or those in a group; a group may be one of them, too."""
    if isinstance(command, TyperGroup):
        if command.invoke_without_command:
            yield path, command
        for name, subcommand in command.commands.items():
            yield from leaves((*path, name), subcommand)
    else:
        yield path, command
