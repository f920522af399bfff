"""The building blocks of one kind, asked of one plugin after the other."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from lavincli.installed_plugins import Plugins

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Collected:
    """What plugins register of one kind; of two things with one name the first is kept, and the second reported.

    A plugin is asked when what was asked for has not been found before it, so that a name costs the import of no
    plugin behind the one that has it. lavin's own parts come first, and so keep their names.

    Args:
        installed: the plugins.
        kind: "loaders", "codecs", "transforms" or "metrics".
    """

    def __init__(self, installed: Plugins, kind: str) -> None:
        self._installed, self._kind = installed, kind
        self._hooks = iter(installed.hooks(f"lavin_{kind}"))
        self._found: dict[str, Any] = {}
        self._owner: dict[str, str] = {}
        # Held while a plugin is asked, which may ask for blocks itself: what another thread wants may be among its own.
        self._asking = threading.RLock()

    def find(self, name: str) -> Any:
        """The factory of this name; None if no plugin has one."""
        with self._asking:
            while name not in self._found and self._ask_next():
                pass
            return self._found.get(name)

    def all(self) -> Mapping[str, Any]:
        """Every factory, by name."""
        with self._asking:
            while self._ask_next():
                pass
            return self._found

    def _ask_next(self) -> bool:
        plugin, hook = next(self._hooks, (None, None))
        if plugin is None or hook is None:
            return False
        blocks = self._installed.guard(plugin, f"lavin_{self._kind}", hook)
        if blocks is not None and not isinstance(blocks, dict):
            given = type(blocks).__name__
            self._installed.report(plugin, f"lavin_{self._kind} gave {given}, not a dict of name -> factory")
        elif blocks:
            usable = {name: factory for name, factory in blocks.items() if _is_name(name) and callable(factory)}
            for name in [name for name in blocks if name not in usable]:
                self._installed.report(
                    plugin, f"lavin_{self._kind}: {name!r} needs a lower_case name and a callable factory"
                )
            take(self._installed, plugin, self._kind, usable, self._found, self._owner)
        return True


def take(
    installed: Plugins, plugin: str, kind: str, named: Mapping[str, Any], found: dict[str, Any], owner: dict[str, str]
) -> None:
    """Add what a plugin registers to ``found``, unless the name has an owner already."""
    for name, thing in named.items():
        if name in owner:
            installed.report(plugin, f"{kind.removesuffix('s')} '{name}' is already registered by {owner[name]}")
        else:
            found[name], owner[name] = thing, plugin
            installed.records[plugin].provides.setdefault(kind, []).append(name)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
