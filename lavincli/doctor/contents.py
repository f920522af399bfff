"""What lavin works with here: settings, plugins, tasks, models, and room for more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lavincli.doctor.check import Check
from lavincli.errors import LavinError

_LITTLE = 2 * 10**9
_QUICK = 200 * 10**6


def settings() -> Iterator[Check]:
    """The files and variables that set options."""
    from lavincli.cli.commands import COMMANDS, plugin_names
    from lavincli.settings.files import user_file
    from lavincli.settings.resolve import Settings
    from lavincli.settings.show import shown_settings, unknown_variables

    advice = "see 'lavin config show'"
    try:
        found = Settings(COMMANDS, plugin_names)
        count = sum(setting.origin != "default" for _, setting in shown_settings(found))
    except LavinError as error:
        yield Check("settings", "problem", str(error), "correct it, or remove it")
    else:
        files = ", ".join(str(file.path) for file in found.files) or f"no file ({user_file()} would be read)"
        yield Check("settings", "ok", f"{count} set; {files}")
    for problem in unknown_variables():
        yield Check("settings", "warn", problem, advice)


def network() -> Iterator[Check]:
    """Whether models may be downloaded; the network itself is left alone."""
    from lavincli.hub.offline import why_offline

    reason = why_offline()
    yield Check("network", "ok", "may be used for models of the hub" if reason is None else f"not used: {reason}")


def plugins() -> Iterator[Check]:
    """Every plugin, with what couldn't be used of it."""
    from lavincli.registry import registry

    found = registry()
    found.collect_everything()
    for plugin in found.plugins.values():
        if plugin.problems:
            advice = f"pip install --upgrade {plugin.distribution}, or pip uninstall it"
            yield Check(f"plugin {plugin.name}", "problem", "; ".join(plugin.problems), advice)
        else:
            yield Check(f"plugin {plugin.name}", "ok", f"{plugin.distribution} {plugin.version}")


def tasks() -> Iterator[Check]:
    """How many there are, and those whose cards aren't valid."""
    from lavincli.cards.find import load_folders
    from lavincli.registry import TASKS_VARIABLE, registry

    own = [Path(folder) for folder in os.environ.get(TASKS_VARIABLE, "").split(os.pathsep) if folder]
    for folder in own:
        if not folder.is_dir():
            yield Check("tasks", "warn", f"{folder} of {TASKS_VARIABLE} is no folder", f"correct {TASKS_VARIABLE}")
    found, broken = load_folders([folder for folder in (*own, *registry().task_folders) if folder.is_dir()])
    for error in broken.values():
        yield Check("tasks", "warn", str(error), "correct the card; 'lavin tasks check' looks at the rest of it")
    if found:
        yield Check("tasks", "ok", f"{len(found)} (their data is for 'lavin tasks check')")
    else:
        yield Check("tasks", "problem", "none", "install lavin again")


def models() -> Iterator[Check]:
    """Every model on this machine: are its weights those of its configuration?"""
    from lavincli.hub.places import bundled_models, downloaded_models, installed_models

    bundled = bundled_models()
    if not bundled:
        yield Check("models", "problem", "the bundled model is missing", "install lavin again")
    for name, folder in bundled.items():
        yield _model(name, folder, "problem", "install lavin again")
    for name, folder in installed_models().items():
        yield _model(name, folder, "warn", f"remove {folder}, and 'lavin models pull {name}'")
    for name, folder in downloaded_models().items():
        yield _model(name, folder, "warn", f"'lavin models pull {name}', or 'hf cache rm model/{name}'")


def disk() -> Iterator[Check]:
    """Room where models and caches go."""
    import platformdirs

    from lavincli.hub.places import hub_cache, models_folder

    places = {
        "hub cache": (hub_cache(), "set HF_HOME to a folder on another disk"),
        "models": (models_folder(), "set LAVIN_MODELS to a folder on another disk"),
        "cache": (platformdirs.user_cache_path("lavin"), "set XDG_CACHE_HOME to a folder on another disk"),
    }
    for name, (folder, elsewhere) in places.items():
        there = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
        free = shutil.disk_usage(there).free
        detail = f"{free / 1e9:.1f} GB free for {folder}"
        if not os.access(there, os.W_OK):
            yield Check(f"disk: {name}", "warn", f"{there} can't be written", elsewhere)
        elif free < _LITTLE:
            yield Check(f"disk: {name}", "warn", detail, f"make room, or {elsewhere}")
        else:
            yield Check(f"disk: {name}", "ok", detail)


def _model(name: str, folder: Path, if_wrong: str, advice: str) -> Check:
    from lavincli.pipeline.model_directory import check_model
    from lavincli.pipeline.summary import summarise

    try:
        summary = summarise(folder, quickly=True)
        check_model(folder)
        loaded = "its weights fit"
        if summary.size < _QUICK:
            from lavincli.pipeline.load import load

            load(folder, device="cpu")
            loaded = "loads"
    except (LavinError, OSError) as error:
        return Check(f"model {name}", "problem" if if_wrong == "problem" else "warn", str(error), advice)
    digits = f", sha256 {summary.fingerprint[:12]}" if summary.fingerprint else ""
    return Check(f"model {name}", "ok", f"{loaded}, {summary.size / 1e6:.0f} MB{digits}")
