"""Where typer asks for an option that no flag set: one class, given to every command."""

from __future__ import annotations

from typing import Any

import typer

from lavincli.settings.names import CommandPath, options_of
from lavincli.settings.resolve import Settings


class SettingsContext(typer.Context):
    """The context of a command whose options come from the environment and from files, too.

    Typer asks `lookup_default` for what is not on the command line, before it takes the option's own default.
    """

    def lookup_default(self, name: str, call: bool = True) -> Any:  # noqa: ARG002 - typer's own
        """The value of an option by the name of its parameter, or None."""
        # Help and shell completion tell what a command is, and must do so however wrong a file may be.
        if self.resilient_parsing:
            return None
        settings: Settings | None = getattr(self.find_root().obj, "settings", None)
        option = next((option for option in options_of(self.command) if option.name == name), None)
        if settings is None or option is None:
            return None
        path = path_of(self)
        settings.check(path, self.command)
        setting = settings.find(path, option)
        return None if setting is None else setting.value


def path_of(context: Any) -> CommandPath:
    """The words of a command after ``lavin``."""
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, context.info_name)
        context = context.parent
    return tuple(words)
