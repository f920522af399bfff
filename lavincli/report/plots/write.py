"""Writes a plot as files."""

from __future__ import annotations

from pathlib import Path

from lavincli.atomic import atomic_write_text
from lavincli.media.images import write_image
from lavincli.report.plots.model import Plot
from lavincli.report.plots.png import png_of
from lavincli.report.plots.svg import svg_of


def write_plot(path_without_suffix: Path, plot: Plot) -> list[Path]:
    """Write ``<path>.svg`` and ``<path>.png``, atomically; returns both."""
    svg, png = (path_without_suffix.with_name(path_without_suffix.name + suffix) for suffix in (".svg", ".png"))
    atomic_write_text(svg, svg_of(plot))
    write_image(png, png_of(plot))
    return [svg, png]
