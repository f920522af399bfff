"""What a loader says when a data set isn't where it was told: the layout it expects, and what is there instead."""

from __future__ import annotations

from pathlib import Path

from lavincli.errors import InputError, RootNeededError

_SHOWN = 10
"""Entries of a folder that a message lists."""


def require_root(root: Path | None, layout: str) -> Path:
    """The folder a data set lies in.

    Args:
        root: as the loader was given it.
        layout: the files below it, in one line: ``<scene>/rgb_0001.png beside <scene>/depth_0001.png``.

    Raises RootNeededError if ``root`` is None, and InputError if it is no folder.
    """
    if root is None:
        raise RootNeededError(f"this data set isn't bundled: give the folder that holds {layout}")
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "no such folder"
        raise InputError(f"{root}: {what}; expected a folder that holds {layout}")
    return root


def wrong_layout(root: Path, layout: str) -> InputError:
    """The error, to be raised, that ``root`` isn't laid out as it must be; lists what was found there.

    Args:
        root: a folder that is there (`require_root` has seen to it).
        layout: as for `require_root`.
    """
    return InputError(f"{root}: expected {layout}; found {found_in(root)}")


def found_in(folder: Path) -> str:
    """The first entries of a folder in words, folders with a slash: ``a/, b.png and 12 more``."""
    entries = sorted(folder.iterdir())
    if not entries:
        return "an empty folder"
    names = ", ".join(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries[:_SHOWN])
    more = len(entries) - _SHOWN
    return f"{names} and {more} more" if more > 0 else names
