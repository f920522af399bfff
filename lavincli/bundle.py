"""Where the data that travels with lavin lies: photos, cutouts, tasks, models."""

from __future__ import annotations

from pathlib import Path

from lavincli.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


def bundled_folder(name: str) -> Path:
    """The folder ``lavincli/bundled/<name>``, for example "photos". Raises InputError if the installation lacks it."""
    folder = _PACKAGE / "bundled" / name
    if not folder.is_dir():
        raise InputError(f"{folder}: the bundled {name} are missing; install lavin again")
    return folder


def tasks_folder() -> Path:
    """The folder of lavin's own tasks: inside the package when installed, beside it in a checkout.

    Raises InputError if neither is there.
    """
    checkout = _PACKAGE.parent / "tasks"
    if not (_PACKAGE / "bundled" / "tasks").is_dir() and checkout.is_dir():
        return checkout
    return bundled_folder("tasks")
