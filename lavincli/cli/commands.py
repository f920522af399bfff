"""The sub-commands of lavin: which there are, imported only when they are run; those of plugins behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from lavincli.cli.complete import offered, plugin_commands
from lavincli.cli.prepare import leaves, prepare
from lavincli.settings.names import CommandPath


@dataclass(frozen=True, slots=True)
class Entry:
    """A sub-command: where it lives and its line in ``lavin --help``."""

    module: str
    summary: str
    is_group: bool = False


COMMANDS = {
    "predict": Entry("lavincli.cli.predict", "Answer images and videos with a task."),
    "encode": Entry("lavincli.cli.encode", "Encode data sets into a store of latents."),
    "eval": Entry("lavincli.cli.eval", "Measure a model on tasks, beside the trivial baselines.", is_group=True),
    "train": Entry("lavincli.cli.train", "Train the ST-VAE, then the J-DiT."),
    "tasks": Entry("lavincli.cli.tasks", "List, show and check tasks, and make their context sets.", is_group=True),
    "models": Entry("lavincli.cli.models", "List, show, download, import and export models.", is_group=True),
    "plugins": Entry("lavincli.cli.plugins", "List plugins and what they add, start one, check one.", is_group=True),
    "bench": Entry("lavincli.cli.bench", "Measure ways of doing one thing, side by side.", is_group=True),
    "config": Entry("lavincli.cli.config", "Show every setting's value and where it comes from.", is_group=True),
    "completion": Entry("lavincli.cli.completion", "Have the shell complete commands, tasks and models."),
    "doctor": Entry("lavincli.cli.doctor", "Report on this machine and installation."),
}


class LazyGroup(TyperGroup):
    """The group of sub-commands: lists them without importing them, imports the one that is run."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, entry in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=entry.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Replace the listed name by the command itself; called to run it, and to complete its arguments."""
        name = args[0] if args else ""
        if name in COMMANDS:
            self._install(load_command(name, COMMANDS[name]))
        elif name and not name.startswith("-"):
            # Not ours: only now are the plugins asked, so that none of them can slow down help or completion.
            for command in loaded_plugin_commands():
                self._install(command)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The sub-commands, those of plugins too; none of them is imported for it."""
        names = {name: about for name, about in plugin_commands().items() if name not in COMMANDS}
        return [*super().shell_complete(ctx, incomplete), *offered(names, incomplete)]

    def _install(self, command: Any) -> None:
        prepare(command, self.params)
        self.commands[command.name] = command


def load_command(name: str, entry: Entry) -> Any:
    """Import a sub-command, as typer runs it."""
    app = import_module(entry.module).app
    command = typer.main.get_group(app) if entry.is_group else typer.main.get_command(app)
    command.name = name
    return command


def loaded_plugin_commands() -> list[Any]:
    """The commands that plugins add through the hook ``lavin_commands``; ours can't be replaced."""
    from lavincli.registry import registry

    return list(registry().commands.values())


def plugin_names() -> list[str]:
    """What the sub-commands that plugins add are called; imports the plugins."""
    return [command.name for command in loaded_plugin_commands()]


def every_command(root: Any) -> Iterator[tuple[CommandPath, Any]]:
    """All of lavin's own commands as they would run, with the words that call them.

    root: the command ``lavin`` itself, whose options they all take. Groups that do nothing themselves are left out.
    """
    for name, entry in COMMANDS.items():
        command = load_command(name, entry)
        prepare(command, root.params)
        yield from leaves((name,), command)
