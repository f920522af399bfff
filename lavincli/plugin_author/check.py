"""Checks a plugin: that it loads, and that everything it registers does what lavin expects of it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Mapping

from lavincli.cards.check import Check, check_task
from lavincli.cards.task import Task
from lavincli.errors import LavinError, UnknownNameError
from lavincli.hookspecs import LAVIN_API
from lavincli.installed_plugins import OURS, PluginRecord
from lavincli.plugin_author.check_blocks import check_block
from lavincli.plugin_author.own_tests import check_own_tests
from lavincli.registry import registry, task, tasks

KINDS = ("loaders", "codecs", "transforms", "metrics")


class PluginChecks:
    """Checks plugins one after the other; a task that several of them need is looked at once."""

    def __init__(self) -> None:
        registry().collect_everything()
        self._of_tasks: dict[str, list[Check]] = {}

    @property
    def plugins(self) -> list[str]:
        """The names of all plugins."""
        return list(registry().plugins)

    def check(self, name: str, *, run_tests: bool = True) -> Iterator[Check]:
        """Look at everything that the plugin called ``name`` brings.

        First whether it loads, then its hooks, each building block with default options, its tasks, a task for each
        block (truth survives being a picture, and scores perfectly), and last the tests beside its source.

        Raises UnknownNameError if there is no such plugin.
        """
        plugins = registry().plugins
        if name not in plugins:
            raise UnknownNameError(name, kind="plugin", known=plugins)
        plugin = plugins[name]
        detail = f"{plugin.distribution} {plugin.version}, from {plugin.name}"
        yield Check("load", plugin.loaded, detail if plugin.loaded else "; ".join(plugin.problems))
        if not plugin.loaded:
            return
        yield _api(plugin)
        yield Check("registers", not plugin.problems, "; ".join(plugin.problems) or "all that it names")
        yield _hooks(name)
        for kind in KINDS:
            for block in plugin.provides.get(kind, ()):
                yield check_block(kind, block, registry().block(kind, block))
                yield self._in_use(kind, block, plugin)
        for owned in plugin.provides.get("tasks", ()):
            yield from self._own_task(owned)
        if run_tests and plugin.distribution != OURS:  # those are tested together, by `make test`
            yield check_own_tests(plugin)

    def _own_task(self, name: str) -> Iterator[Check]:
        try:
            found = task(name)
        except LavinError as error:
            yield Check(f"task {name}", False, str(error))
            return
        for check in self._task(found):
            yield dataclasses.replace(check, what=f"task {name}, {check.what}")

    def _in_use(self, kind: str, block: str, plugin: PluginRecord) -> Check:
        """What a task that uses the block shows of it: the plugin's own before others."""
        what = f"{kind.removesuffix('s')} {block} in use"
        own = plugin.provides.get("tasks", ())
        using = [found for found in tasks().values() if block in _blocks_of(found)[kind]]
        for found in sorted(using, key=lambda found: found.name not in own):
            for check in self._task(found):
                if check.checked and check.what in _data_with(found, kind, block):
                    where = f"in task {found.name}, {check.what}"
                    detail = f"truth stays truth {where}" if check.ok else f"{where}: {check.detail}"
                    return Check(what, check.ok, detail, check.scores)
        reason = f"only in {using[0].name}, whose data isn't here" if using else "no task uses it"
        return Check(what, True, f"not seen: {reason}", checked=False)

    def _task(self, found: Task) -> list[Check]:
        if found.name not in self._of_tasks:
            self._of_tasks[found.name] = check_task(found, size=64, limit=2)
        return self._of_tasks[found.name]


def _api(plugin: PluginRecord) -> Check:
    if plugin.api is None:
        return Check("API", True, f"not stated; 'LAVIN_API = {LAVIN_API}' beside the hooks would say it", checked=False)
    return Check("API", True, f"{plugin.api}; this lavin has {LAVIN_API}")


def _hooks(name: str) -> Check:
    hooks = registry().installed.implementations(name)
    silent = [hook for hook, function in hooks.items() if not inspect.getdoc(function)]
    if silent:
        return Check("hooks", False, f"without a docstring: {', '.join(silent)}")
    return Check("hooks", bool(hooks), ", ".join(hooks) or "the plugin implements none; mark its functions @hookimpl")


def _data_with(found: Task, kind: str, block: str) -> list[str]:
    """The checks of a task's data sets, those that a loader reads or all of them."""
    card = found.card
    return [f"data {name}" for name in found.datasets if kind != "loaders" or card.data[name].loader == block]


def _blocks_of(found: Task) -> Mapping[str, set[str]]:
    """The names of the blocks that a task's card names, by kind. A reverse task names metrics alone."""
    card = found.card
    sides = () if card.reverse_of else (card.input, card.target)
    return {
        "loaders": {data.loader for data in card.data.values()},
        "codecs": {side.codec.name for side in sides},
        "transforms": {side.transform.name for side in sides if side.transform is not None},
        "metrics": {metric.name for metric in card.metrics},
    }
