"""Finds the plugins and the building blocks they register; the public `tasks()` and `metrics()`.

A plugin that fails costs the user one warning and nothing else: whatever else it registered stays, and the reason is
kept for ``lavin plugins list``.
"""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from lavincli import hookspecs
from lavincli.errors import LavinError, UnknownNameError

if TYPE_CHECKING:
    import typer

    from lavincli.blocks import CodecFactory, LoaderFactory, Metric, MetricFactory, TransformFactory
    from lavincli.cards.task import Task

logger = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "lavin"
TASKS_VARIABLE = "LAVIN_TASKS"
"""Environment variable: further folders of tasks, separated as in PATH."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(slots=True)
class PluginRecord:
    """What is known of one plugin: ``problems`` holds the reasons of everything that could not be used."""

    name: str
    distribution: str
    version: str
    loaded: bool = False
    problems: list[str] = field(default_factory=list)
    provides: dict[str, list[str]] = field(default_factory=dict)


class Registry:
    """All plugins and what they provide. Use `registry()`, which builds one and keeps it."""

    def __init__(self) -> None:
        self.plugins: dict[str, PluginRecord] = {}
        self._manager = pluggy.PluginManager("lavin")
        self._manager.add_hookspecs(hookspecs)
        self._add_builtins()
        for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
            self._add_entry_point(entry_point)

    # ---- building blocks ----

    @functools.cached_property
    def loaders(self) -> Mapping[str, LoaderFactory]:
        return self._collect("loaders")

    @functools.cached_property
    def codecs(self) -> Mapping[str, CodecFactory]:
        return self._collect("codecs")

    @functools.cached_property
    def transforms(self) -> Mapping[str, TransformFactory]:
        return self._collect("transforms")

    @functools.cached_property
    def metrics(self) -> Mapping[str, MetricFactory]:
        return self._collect("metrics")

    def block(self, kind: str, name: str) -> Callable[..., Any]:
        """The factory called ``name`` among "loaders", "codecs", "transforms" or "metrics".

        Raises UnknownNameError, which suggests the nearest name.
        """
        known: Mapping[str, Callable[..., Any]] = getattr(self, kind)
        if name not in known:
            raise UnknownNameError(name, kind=kind.removesuffix("s"), known=known)
        return known[name]

    def add_commands(self, app: typer.Typer) -> None:
        """Let every plugin add its sub-commands to the command line."""
        for implementation in self._manager.hook.lavin_commands.get_hookimpls():
            add = functools.partial(implementation.function, app=app)
            self._guard(implementation.plugin_name, "lavin_commands", add)

    @functools.cached_property
    def task_folders(self) -> tuple[Path, ...]:
        """Folders that hold tasks, of every plugin; `LAVIN_TASKS` is not among them."""
        folders: list[Path] = []
        for implementation in self._manager.hook.lavin_task_folders.get_hookimpls():
            name = implementation.plugin_name
            for folder in self._guard(name, "lavin_task_folders", implementation.function) or ():
                if Path(folder).is_dir():
                    folders.append(Path(folder))
                else:
                    self._report(name, f"task folder {folder} does not exist")
        return tuple(folders)

    def collect_everything(self) -> None:
        """Call every hook that only declares things, so that `plugins` tells all there is to tell."""
        for kind in ("loaders", "codecs", "transforms", "metrics", "task_folders"):
            getattr(self, kind)

    # ---- finding plugins ----

    def _add_builtins(self) -> None:
        from lavincli import __version__, builtins

        self.plugins["builtins"] = PluginRecord("builtins", "lavin", __version__, loaded=True)
        self._manager.register(builtins, name="builtins")

    def _add_entry_point(self, entry_point: EntryPoint) -> None:
        name = entry_point.name
        distribution = entry_point.dist.name if entry_point.dist else "unknown"
        release = entry_point.dist.version if entry_point.dist else "unknown"
        if name in self.plugins:
            if self.plugins[name].distribution != distribution:
                self._report(name, f"a second plugin of this name, from {distribution} {release}, is left out")
            return
        self.plugins[name] = PluginRecord(name, distribution, release)
        plugin = self._guard(name, "import", entry_point.load)
        if plugin is None:
            return
        wanted = getattr(plugin, "LAVIN_API", hookspecs.LAVIN_API)
        if not isinstance(wanted, int) or wanted > hookspecs.LAVIN_API:
            self._report(name, f"asks for plugin API {wanted}; this lavin has {hookspecs.LAVIN_API}, so update lavin")
            return
        if self._guard(name, "register", lambda: self._register(plugin, name)):
            self.plugins[name].loaded = True

    def _register(self, plugin: Any, name: str) -> bool:
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError):
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise
        return True

    # ---- calling hooks ----

    def _collect(self, kind: str) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        owner: dict[str, str] = {}
        # In order of registration, so lavin's own parts come first and keep their names.
        for implementation in getattr(self._manager.hook, f"lavin_{kind}").get_hookimpls():
            plugin = implementation.plugin_name
            blocks = self._guard(plugin, f"lavin_{kind}", implementation.function)
            if blocks is None:
                continue
            if not isinstance(blocks, dict):
                self._report(plugin, f"lavin_{kind} gave {type(blocks).__name__}, not a dict of name -> factory")
                continue
            for name, factory in blocks.items():
                if not (isinstance(name, str) and _NAME.fullmatch(name) and callable(factory)):
                    self._report(plugin, f"lavin_{kind}: {name!r} needs a lower_case name and a callable factory")
                elif name in found:
                    self._report(plugin, f"{kind.removesuffix('s')} '{name}' is already registered by {owner[name]}")
                else:
                    found[name], owner[name] = factory, plugin
                    self.plugins[plugin].provides.setdefault(kind, []).append(name)
        return found

    def _guard(self, plugin: str, what: str, call: Callable[[], Any]) -> Any:
        """The result of third-party code, or None after reporting what it raised."""
        try:
            return call()
        except Exception as error:  # a plugin may raise anything; it must not take lavin down
            message = " ".join(str(error).split())
            self._report(plugin, f"{what}: {type(error).__name__}: {message}")
            logger.debug("plugin %s, %s", plugin, what, exc_info=True)
            return None

    def _report(self, plugin: str, reason: str) -> None:
        self.plugins[plugin].problems.append(reason)
        logger.warning("plugin %s: %s", plugin, reason)


@functools.cache
def registry() -> Registry:
    """The registry of this process, built on first use."""
    return Registry()


def forget() -> None:
    """Look for plugins and tasks anew at the next use (after installing a plugin in a running process)."""
    registry.cache_clear()
    _tasks.cache_clear()


def metrics() -> dict[str, Metric]:
    """A fresh instance of every registered metric, with default options, by name."""
    return {name: factory() for name, factory in registry().metrics.items()}


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
