"""Finds the plugins and the building blocks they register; the public `tasks()` and `metrics()`.

A plugin that fails costs the user one warning and nothing else: whatever else it registered stays, and all reasons are
kept for ``lavin plugins list``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lavincli.collected import Collected, take
from lavincli.errors import LavinError, UnknownNameError
from lavincli.installed_plugins import PluginRecord, Plugins

if TYPE_CHECKING:
    import typer

    from lavincli.blocks import CodecFactory, LoaderFactory, Metric, MetricFactory, TransformFactory
    from lavincli.cards.task import Task

TASKS_VARIABLE = "LAVIN_TASKS"
"""Environment variable: further folders of tasks, separated as in PATH."""
_BLOCKS = ("loaders", "codecs", "transforms", "metrics")


class Registry:
    """What all plugins provide. Use `registry()`, which builds one and keeps it."""

    def __init__(self) -> None:
        self.installed = Plugins()
        self._collected = {kind: Collected(self.installed, kind) for kind in _BLOCKS}

    @property
    def plugins(self) -> Mapping[str, PluginRecord]:
        """What is known of each plugin, by name; complete after `collect_everything`."""
        return self.installed.records

    # ---- building blocks ----

    @property
    def loaders(self) -> Mapping[str, LoaderFactory]:
        return self._collected["loaders"].all()

    @property
    def codecs(self) -> Mapping[str, CodecFactory]:
        return self._collected["codecs"].all()

    @property
    def transforms(self) -> Mapping[str, TransformFactory]:
        return self._collected["transforms"].all()

    @property
    def metrics(self) -> Mapping[str, MetricFactory]:
        return self._collected["metrics"].all()

    def block(self, kind: str, name: str) -> Callable[..., Any]:
        """The factory called ``name`` among "loaders", "codecs", "transforms" or "metrics".

        No more plugins are asked for theirs than it takes to find it. Raises UnknownNameError, which suggests the
        nearest name.
        """
        found: Callable[..., Any] | None = self._collected[kind].find(name)
        if found is None:
            raise UnknownNameError(name, kind=kind.removesuffix("s"), known=self._collected[kind].all())
        return found

    @functools.cached_property
    def commands(self) -> Mapping[str, Any]:
        """The sub-commands that plugins add to the command line, by name; lavin's own can't be replaced."""
        import typer

        from lavincli.cli.main import COMMANDS

        found: dict[str, Any] = {}
        owner = dict.fromkeys(COMMANDS, "lavin itself")
        for plugin, hook in self.installed.hooks("lavin_commands"):
            add = functools.partial(_commands_of, hook, typer.Typer(add_completion=False))
            commands = self.installed.guard(plugin, "lavin_commands", add) or {}
            take(self.installed, plugin, "commands", commands, found, owner)
        return found

    @functools.cached_property
    def task_folders(self) -> tuple[Path, ...]:
        """Folders that hold tasks, of every plugin; `LAVIN_TASKS` is not among them."""
        from lavincli.cards.card import CARD_FILE

        folders: list[Path] = []
        for plugin, hook in self.installed.hooks("lavin_task_folders"):
            for folder in self.installed.guard(plugin, "lavin_task_folders", functools.partial(_paths, hook)) or ():
                if folder.is_dir():
                    folders.append(folder)
                    names = sorted(card.parent.name for card in folder.glob(f"*/{CARD_FILE}"))
                    self.plugins[plugin].provides.setdefault("tasks", []).extend(names)
                else:
                    self.installed.report(plugin, f"task folder {folder} does not exist")
        return tuple(folders)

    def collect_everything(self) -> None:
        """Call every hook, so that `plugins` tells all there is to tell."""
        for kind in (*_BLOCKS, "task_folders", "commands"):
            getattr(self, kind)


def _paths(hook: Callable[[], Any]) -> list[Path]:
    return [Path(folder) for folder in hook() or ()]


def _commands_of(hook: Callable[..., None], app: typer.Typer) -> dict[str, Any]:
    """The commands that a hook adds to ``app``, by name."""
    import typer.main

    hook(app=app)
    return dict(typer.main.get_group(app).commands) if app.registered_commands or app.registered_groups else {}


@functools.cache
def registry() -> Registry:
    """The registry of this process, built on first use."""
    return Registry()


def forget() -> None:
    """Look for plugins and tasks anew at the next use (after installing a plugin in a running process)."""
    registry.cache_clear()
    _tasks.cache_clear()


def metrics() -> dict[str, Metric]:
    """A fresh instance of every registered metric, with default options, by name.

    Those that can't be made without options are left out.
    """
    from lavincli.blocks import required_options

    return {name: factory() for name, factory in registry().metrics.items() if not required_options(factory)}


def tasks() -> dict[str, Task]:
    """Every task found, by name: those of lavin and its plugins, and those in the folders of ``LAVIN_TASKS``.

    A task with a bad card is left out with a warning; `task` raises its CardError.
    """
    found, _ = _tasks(os.environ.get(TASKS_VARIABLE, ""))
    return dict(found)


def task(name: str | Path) -> Task:
    """One task by its name, or by the path of its folder or ``task.yaml``.

    Raises UnknownNameError (which suggests the nearest name) or CardError.
    """
    from lavincli.cards.find import is_task_path, load_task

    if is_task_path(name):
        return load_task(Path(name))
    found, broken = _tasks(os.environ.get(TASKS_VARIABLE, ""))
    if str(name) in found:
        return found[str(name)]
    if str(name) in broken:
        raise broken[str(name)]
    raise UnknownNameError(str(name), kind="task", known=found)


@functools.cache
def _tasks(extra_folders: str) -> tuple[dict[str, Task], dict[str, LavinError]]:
    from lavincli.cards.find import load_folders

    extra = [Path(folder) for folder in extra_folders.split(os.pathsep) if folder]
    return load_folders([*extra, *registry().task_folders])
