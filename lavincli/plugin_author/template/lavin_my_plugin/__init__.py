"""A lavin plugin: finds the red dots in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import CodecFactory, LoaderFactory, MetricFactory

LAVIN_API = 1


# Each hook imports what it names when it is called, so that `lavin --help` doesn't have to.


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """Pictures of dots, with the places of the red ones."""
    from lavin_my_plugin.dots import dots

    return {"my_plugin_dots": dots}


@hookimpl
def lavin_codecs() -> dict[str, CodecFactory]:
    """Points as white discs on black."""
    from lavin_my_plugin.points import PointsCodec

    return {"my_plugin_points": PointsCodec}


@hookimpl
def lavin_metrics() -> dict[str, MetricFactory]:
    """How far off a count is."""
    from lavin_my_plugin.count_error import CountError

    return {"my_plugin_count_error": CountError}


@hookimpl
def lavin_task_folders() -> list[Path]:
    """The folder of this plugin's tasks."""
    return [Path(__file__).parent / "tasks"]
