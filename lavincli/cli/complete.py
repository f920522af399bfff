"""What the shell offers after a Tab: names of tasks, models, recipes, plugins and their commands.

The answer has to be there at once, so that no plugin is imported, no card parsed and no weight touched for it: names
are read off folders and off the text of files. A word that is none of these is completed as a file by the shell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typer.core import TyperOption

from lavincli.errors import LavinError
from lavincli.settings.names import CommandPath, key_of, plain

Names = dict[str, str]
"""What can be written, each with a few words about it or an empty text."""
_TITLE = re.compile(r"^title:\s*(['\"]?)(.*?)\1\s*$", re.MULTILINE)


def tasks() -> Names:
    """Tasks of lavin, of the folders in `LAVIN_TASKS`, and of plugins that keep them in their package."""
    from lavincli.bundle import tasks_folder

    folders = [Path(folder) for folder in os.environ.get("LAVIN_TASKS", "").split(os.pathsep) if folder]
    folders += [tasks_folder(), *(folder / "tasks" for folder in _plugin_packages().values())]
    cards = [card for folder in folders for card in sorted(folder.glob("*/task.yaml"))]
    return dict(sorted({card.parent.name: _title(card) for card in reversed(cards)}.items()))


def models() -> Names:
    """Models that are on this machine."""
    from lavincli.hub.places import bundled_models, downloaded_models, installed_models

    known = {"bundled": bundled_models(), "pulled": installed_models(), "from the hub": downloaded_models()}
    return {name: about for about, found in known.items() for name in found}


def models_to_pull() -> Names:
    """Models that `lavin models pull` knows by name."""
    from lavincli.hub.published import PUBLISHED

    return models() | {name: published.title for name, published in PUBLISHED.items()}


def recipes() -> Names:
    """Recipes that come with lavin."""
    folder = Path(__file__).resolve().parents[1] / "train" / "recipes"
    return dict.fromkeys(sorted(path.stem for path in folder.glob("*.yaml")), "")


def plugins() -> Names:
    """Plugins that are installed."""
    return dict.fromkeys(sorted({point.name for point in entry_points(group="lavin")}), "")


def plugin_commands() -> Names:
    """Sub-commands that plugins add, read off the text of their ``lavin_commands``."""
    from lavincli.cli.plugin_source import commands_in

    found: dict[str, str] = {}
    for package in _plugin_packages().values():
        found |= commands_in(package / "__init__.py" if package.is_dir() else package)
    return found


def settings() -> Names:
    """Keys of `lavin config set`."""
    from lavincli.settings.write import settable

    return dict.fromkeys(settable(), "")


def commands() -> Names:
    """Lavin's own commands."""
    from lavincli.cli.commands import COMMANDS

    return {name: entry.summary for name, entry in COMMANDS.items()}


def devices() -> Names:
    """Kinds of devices, there or not."""
    return {"cpu": "", "cuda": "the first GPU", "cuda:0": "", "mps": "Apple GPU"}


def dtypes() -> Names:
    """Number formats to compute in."""
    return dict.fromkeys(("float32", "bfloat16", "float16"), "")


_OPTIONS: Mapping[str, Callable[[], Names]] = {"task": tasks, "model": models, "device": devices, "dtype": dtypes}
"""By the name of an option, of any command."""
_ARGUMENTS: Mapping[CommandPath, Callable[[], Names]] = {
    ("tasks", "show", "name"): tasks,
    ("tasks", "check", "names"): tasks,
    ("tasks", "make_context", "name"): tasks,
    ("models", "show", "model"): models,
    ("models", "info", "model"): models,
    ("models", "pull", "model"): models_to_pull,
    ("plugins", "check", "names"): plugins,
    ("train", "recipe"): recipes,
    ("config", "show", "command"): commands,
    ("config", "set", "key"): settings,
}


def complete_names(path: CommandPath, command: Any) -> None:
    """Have the parameters of a command completed by name, but for those that know what they may be."""
    for parameter in command.params:
        if isinstance(parameter, TyperOption):
            names = _OPTIONS.get(key_of(parameter))
        else:
            names = _ARGUMENTS.get(plain((*path, parameter.name)))
        if names is not None and not parameter.type_descriptor.is_choice and parameter._custom_shell_complete is None:
            parameter._custom_shell_complete = _completer(names)


def offered(names: Names, incomplete: str) -> list[Any]:
    """The names that a word may become, as typer hands them to the shell."""
    from typer._click.shell_completion import CompletionItem

    return [CompletionItem(name, help=about or None) for name, about in names.items() if name.startswith(incomplete)]


def _completer(names: Callable[[], Names]) -> Callable[[Any, Any, str], list[Any]]:
    def complete(_context: Any, _parameter: Any, incomplete: str) -> list[Any]:
        try:
            return offered(names(), incomplete)
        except (LavinError, OSError):  # a broken installation is `lavin doctor`'s matter; the shell completes files
            return []

    return complete


def _title(card: Path) -> str:
    found = _TITLE.search(card.read_text(encoding="utf-8", errors="replace"))
    return found[2] if found else ""


def _plugin_packages() -> dict[str, Path]:
    """Where the packages of plugins lie, or their modules; no code of theirs is run."""
    found = {}
    for point in entry_points(group="lavin"):
        name = point.value.partition(":")[0]
        for place in _places(name):
            found[point.name] = place
    return found


def _places(module: str) -> Iterable[Path]:
    try:
        spec = find_spec(module.partition(".")[0])
    except (ImportError, ValueError):  # broken plugins are `lavin plugins list`'s matter
        return []
    if spec is None:
        return []
    folders = [Path(folder) for folder in spec.submodule_search_locations or []]
    inside = module.split(".")[1:]
    places = [folder.joinpath(*inside) for folder in folders] or ([Path(spec.origin)] if spec.origin else [])
    return [place if place.exists() else place.with_suffix(".py") for place in places]
