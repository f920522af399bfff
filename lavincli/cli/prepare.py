"""What every command gets, whoever wrote it: global options, settings from elsewhere, and completion by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from typer.core import TyperGroup

from lavincli.cli.complete import complete_names
from lavincli.cli.examples import example_of
from lavincli.settings.context import SettingsContext
from lavincli.settings.names import CommandPath, takes_settings

_EVERYWHERE = ("debug", "verbose", "quiet", "offline", "config")
"""Options that every sub-command takes."""


def prepare(command: Any, options: Sequence[Any]) -> None:
    """Make a command, or all in a group, one of lavin's: what it takes, from where, and what the shell knows of it.

    options: those of ``lavin`` itself; ``lavin predict --debug`` then means what ``lavin --debug predict`` means.
    """
    for path, leaf in leaves((command.name,), command):
        if takes_settings(path):
            leaf.context_class = SettingsContext
        leaf.epilog = example_of(path, leaf.epilog)
        complete_names(path, leaf)
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
