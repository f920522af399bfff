"""All views by name: which ones a codec has, where their files go, and writing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final, TypeVar

from lavincli.blocks import Codec
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.views.files import Cutout, Points, Value
from lavincli.views.pictures import RGB, Color, Overlay, SideBySide
from lavincli.views.view import Shown, View

AnyPath = TypeVar("AnyPath", bound=PurePath)

VIEWS: Final[Mapping[str, View]] = {
    "rgb": RGB(),
    "value": Value(),
    "overlay": Overlay(),
    "color": Color(),
    "side-by-side": SideBySide(),
    "cutout": Cutout(),
    "points": Points(),
}
"""In the order they are written."""


def available(codec: Codec) -> list[str]:
    """The names of the views that a codec's answers have."""
    return [name for name, view in VIEWS.items() if view.needs(codec) is None]


def check_views(names: Sequence[str], codec: Codec, subject: str = "this task") -> None:
    """Raises UnknownNameError for a view that isn't there, ConfigError for one that answers of this codec don't have.

    ``subject`` is what an error calls whoever the codec belongs to, such as "task depth_estimation".
    """
    for name in names:
        if name not in VIEWS:
            raise UnknownNameError(name, kind="view", known=VIEWS)
        if VIEWS[name].needs(codec) is not None:
            raise ConfigError(
                f"{subject} has no view '{name}' (its codec has no method '{VIEWS[name].needs(codec)}'); "
                f"it has {', '.join(available(codec))}"
            )


def view_path(stem: AnyPath, name: str) -> AnyPath:
    """Where a view's files of the item ``stem`` go: this and a suffix, or a folder of this name."""
    return stem if name == "value" else stem.with_name(f"{stem.name}.{name}")


def claimed(stem: AnyPath, names: Sequence[str]) -> list[AnyPath]:
    """The `view_path` of each view: two items of a run must not share one."""
    return [view_path(stem, name) for name in names]


def save_views(names: Sequence[str], shown: Shown, stem: Path) -> dict[str, list[Path]]:
    """Write the files of some views of one answer, by name; missing folders are made."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    return {name: view.save(shown, view_path(stem, name)) for name, view in VIEWS.items() if name in names}
