"""Every hook a lavin plugin can implement.

A plugin is a module (or object) named by an entry point in the group ``lavin``. It may state ``LAVIN_API = 1``, the
version of this page it was written for. Import heavy libraries inside the hooks, so that listing plugins stays quick::

    from lavincli.hookspecs import hookimpl

    @hookimpl
    def lavin_transforms():
        from my_plugin.rain import Rain
        return {"my_rain": Rain}

Names are lower case with underscores, and must be free: the first plugin to register a name keeps it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import typer

    from lavincli.blocks import CodecFactory, LoaderFactory, MetricFactory, TransformFactory

LAVIN_API = 1
"""The version of the hooks below. A plugin that states a higher ``LAVIN_API`` is refused with a reason."""

hookspec = pluggy.HookspecMarker("lavin")
hookimpl = pluggy.HookimplMarker("lavin")


@hookspec
def lavin_loaders() -> dict[str, LoaderFactory]:  # type: ignore[empty-body]
    """Data sets on disk: ``factory(root: Path | None, split: str, **options) -> Sequence[Sample]``, read lazily."""


@hookspec
def lavin_codecs() -> dict[str, CodecFactory]:  # type: ignore[empty-body]
    """Native value <-> picture: ``factory(**options) -> Codec`` (``render``, ``decode``, ``save``)."""


@hookspec
def lavin_transforms() -> dict[str, TransformFactory]:  # type: ignore[empty-body]
    """One side of a pair from the other: ``factory(**options)`` gives ``(clip, numpy generator) -> clip``."""


@hookspec
def lavin_metrics() -> dict[str, MetricFactory]:  # type: ignore[empty-body]
    """Scores: ``factory(**options) -> Metric`` (``update``, ``compute``, ``higher_is_better``)."""


@hookspec
def lavin_task_folders() -> list[Path]:  # type: ignore[empty-body]
    """Folders that hold tasks: ``<folder>/<task name>/`` with ``task.yaml``, ``context/`` and ``README.md``."""


@hookspec
def lavin_commands(app: typer.Typer) -> None:
    """Add sub-commands to ``lavin``: called when it is run with a name that isn't one of its own commands."""
