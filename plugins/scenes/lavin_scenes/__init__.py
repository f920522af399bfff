"""lavin's scenes plugin: procedural scenes whose annotations are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import LoaderFactory

LAVIN_API = 1


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """Procedural scenes."""
    from lavin_scenes.loader import scenes

    return {"scenes": scenes}
