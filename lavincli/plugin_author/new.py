"""Writes a new plugin: the package in ``template/``, which works as it is, under another name."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import yaml

from lavincli.errors import InputError
from lavincli.registry import registry, tasks

TEMPLATE = Path(__file__).resolve().parent / "template"
TEMPLATE_NAME = "my_plugin"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 30
_TEXT = (".md", ".py", ".toml", ".typed", ".yaml")


def new_plugin(name: str, into: Path = Path()) -> list[Path]:
    """Write the folder ``into/lavin-<name>``: a package with a loader, a codec, a metric, a task and their tests.

    The folder appears complete or not at all.

    Args:
        name: of the plugin and its task, in lower case with underscores; the package is called ``lavin_<name>``.
        into: the folder to make it in.

    Returns the files written, sorted. Raises InputError: the name isn't valid or is taken, or the folder is there.
    """
    check_name(name)
    folder = into.resolve() / f"lavin-{_dashed(name)}"
    if folder.exists():
        raise InputError(f"{folder}: is there already; choose another name, or another folder with --into")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".lavin-{secrets.token_hex(8)}")
    try:
        written = sorted(_write(name, temporary))
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return [folder / file for file in written]


def check_name(name: str) -> None:
    """Raise InputError if no new plugin can be called ``name``."""
    bare = name.removeprefix("lavin_").removeprefix("lavin-")
    if bare != name:
        raise InputError(f"'{name}': leave out the 'lavin', which is put in front of the name; for example '{bare}'")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:_LONGEST] or "my_plugin"
        raise InputError(
            f"'{name}': a plugin's name has lower case letters, digits and single underscores, starts with a letter "
            f"and is at most {_LONGEST} long; for example '{plain}'"
        )
    if not isinstance(yaml.safe_load(name), str):
        raise InputError(f"'{name}': means {yaml.safe_load(name)} in YAML, not a name; choose another one")
    if name in registry().plugins:
        raise InputError(f"'{name}': a plugin of this name is installed; see 'lavin plugins list'")
    if find_spec(f"lavin_{name}") is not None:
        raise InputError(f"'{name}': a package lavin_{name} is installed already; choose another name")
    if name in tasks():
        raise InputError(f"'{name}': a task of this name is there already; see 'lavin tasks list'")


def _write(name: str, folder: Path) -> Iterator[Path]:
    for source in TEMPLATE.rglob("*"):
        below = source.relative_to(TEMPLATE)
        if source.is_dir() or any(part.startswith((".", "__pycache__")) for part in below.parts):
            continue
        file = Path(_renamed(str(below), name))
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix in _TEXT:
            target.write_text(_renamed(source.read_text(encoding="utf-8"), name), encoding="utf-8")
        else:
            shutil.copyfile(source, target)
        yield file


def _renamed(text: str, name: str) -> str:
    return text.replace(TEMPLATE_NAME, name).replace(_dashed(TEMPLATE_NAME), _dashed(name))


def _dashed(name: str) -> str:
    return name.replace("_", "-")
