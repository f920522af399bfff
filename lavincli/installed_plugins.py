"""Finds the installed plugins and calls what they bring, so that none of them can take lavin down."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from lavincli import hookspecs

logger = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "lavin"
OURS = "lavin"
"""The distribution that brings the first-party plugins."""


@dataclass(slots=True)
class PluginRecord:
    """What is known of one plugin.

    Attributes:
        name: of its entry point.
        distribution, version: of the package that brings it.
        api: the version of the hooks that it states it was written for; None if it states none.
        loaded: whether its hooks are in use.
        problems: the reasons of everything that could not be used.
        provides: names by kind: "loaders", "codecs", "transforms", "metrics", "tasks", "commands".
    """

    name: str
    distribution: str
    version: str
    api: int | None = None
    loaded: bool = False
    problems: list[str] = field(default_factory=list)
    provides: dict[str, list[str]] = field(default_factory=dict)


class Plugins:
    """All plugins that are installed, with what is known of each.

    Attributes:
        records: by name of the entry point; "builtins" comes first.
    """

    def __init__(self) -> None:
        self.records: dict[str, PluginRecord] = {}
        self._manager = pluggy.PluginManager("lavin")
        self._manager.add_hookspecs(hookspecs)
        self._add_builtins()
        for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=_rank):
            self._add_entry_point(entry_point)

    def hooks(self, hook: str) -> list[tuple[str, Callable[..., Any]]]:
        """The names of the plugins that implement ``hook``, with their functions: lavin's own first."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        found = [(implementation.plugin_name, implementation.function) for implementation in implementations]
        # pluggy would put one that asks for "trylast" before lavin's own, whose names it could then take.
        order = list(self.records)
        return sorted(found, key=lambda implementation: order.index(implementation[0]))

    def implementations(self, plugin: str) -> dict[str, Callable[..., Any]]:
        """The hooks that a loaded plugin implements: its functions, by name."""
        callers = self._manager.get_hookcallers(self._manager.get_plugin(plugin)) or []
        return {
            caller.name: implementation.function
            for caller in callers
            for implementation in caller.get_hookimpls()
            if implementation.plugin_name == plugin
        }

    def guard(self, plugin: str, what: str, call: Callable[[], Any]) -> Any:
        """The result of third-party code, or None after reporting what it raised. What it prints goes to stderr."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return call()
        except KeyboardInterrupt:  # the user's wish, not the plugin's
            raise
        except BaseException as error:  # also SystemExit, or a panic of native code: it must not take lavin down
            message = " ".join(str(error).split())
            self.report(plugin, f"{what}: {type(error).__name__}: {message}")
            logger.debug("plugin %s, %s", plugin, what, exc_info=True)
            return None

    def report(self, plugin: str, reason: str) -> None:
        """Keep the reason why something of a plugin can't be used. The first one is also a warning."""
        problems = self.records[plugin].problems
        if reason in problems:
            return
        problems.append(reason)
        if len(problems) == 1:
            logger.warning("plugin %s: %s (see 'lavin plugins list')", plugin, reason)
        else:
            logger.debug("plugin %s: %s", plugin, reason)

    def _add_builtins(self) -> None:
        from lavincli import __version__, builtins

        self.records["builtins"] = PluginRecord("builtins", "lavin", __version__, builtins.LAVIN_API, loaded=True)
        self._manager.register(builtins, name="builtins")

    def _add_entry_point(self, entry_point: EntryPoint) -> None:
        name = entry_point.name
        distribution = entry_point.dist.name if entry_point.dist else "unknown"
        release = entry_point.dist.version if entry_point.dist else "unknown"
        if name in self.records:
            first = self.records[name].distribution
            if first != distribution:
                second = f"{name} ({distribution})"
                self.records[second] = PluginRecord(name, distribution, release)
                self.report(second, f"a plugin of this name is already there, from {first}; remove one of the two")
            return
        self.records[name] = PluginRecord(name, distribution, release)
        plugin = self.guard(name, "import", entry_point.load)
        if plugin is None:
            return
        wanted = getattr(plugin, "LAVIN_API", hookspecs.LAVIN_API)
        if isinstance(wanted, int) and hasattr(plugin, "LAVIN_API"):
            self.records[name].api = wanted
        if not isinstance(wanted, int) or wanted > hookspecs.LAVIN_API:
            self.report(name, f"asks for plugin API {wanted}; this lavin has {hookspecs.LAVIN_API}, so update lavin")
            return
        if self.guard(name, "register", lambda: self._register(plugin, name)):
            self.records[name].loaded = True

    def _register(self, plugin: Any, name: str) -> bool:
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError):
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise
        return True


def _rank(entry_point: EntryPoint) -> tuple[bool, str]:
    """By name, but lavin's own plugins before all others: the first to register a name keeps it."""
    return entry_point.dist is None or entry_point.dist.name != OURS, entry_point.name
