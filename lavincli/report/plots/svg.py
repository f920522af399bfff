"""Draws a plot as SVG: light, and dark where the reader's system or page is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from lavincli.report.plots.layout import HEIGHT, WIDTH, lay_out
from lavincli.report.plots.model import Plot
from lavincli.report.plots.shapes import PALETTE, Area, Marker, Place, Shape, Stroke, Text, outline

_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def plot_style() -> str:
    """The style sheet that lets drawn shapes follow a page's colour scheme."""
    rules = [f".plot text {{ font-family: {_FONT}; }}"]
    for ink, (light, dark) in PALETTE.items():
        rules.append(f".plot .s-{ink} {{ stroke: light-dark({light}, {dark}); }}")
        rules.append(f".plot .f-{ink} {{ fill: light-dark({light}, {dark}); }}")
    return "\n".join(rules) + "\n"


def svg_of(plot: Plot, *, standalone: bool = True, width: int = WIDTH) -> str:
    """A plot as an SVG document; not `standalone`: to stand in a page that has `plot_style`."""
    description = f"{plot.y_text} over {plot.x_label}: " + "; ".join(
        f"{line.name}: " + ", ".join(f"{_place_name(plot, point.x)}: {_value(point.y)}" for point in line.points)
        for line in plot.lines
    )
    return draw_svg(lay_out(plot, width), (width, HEIGHT), plot.title, description, standalone=standalone)


def draw_svg(
    shapes: Sequence[Shape], size: tuple[int, int], title: str, description: str = "", *, standalone: bool = False
) -> str:
    """Shapes as SVG of `size` (width, height), for a screen reader `title` and `description`."""
    width, height = size
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" viewBox="0 0 {width} {height}"']
    parts[0] += (
        f' width="{width}" height="{height}" aria-label="{escape(". ".join(filter(None, (title, description))))}">'
    )
    if standalone:
        parts.append(f"<title>{escape(title)}</title>")
        parts.append(f"<style>svg {{ color-scheme: light dark; }}\n{plot_style()}</style>")
        parts.append(f'<rect width="{width}" height="{height}" {_fill("paper")}/>')
    parts.extend(map(_draw, shapes))
    parts.append("</svg>\n")
    return "\n".join(parts)


def _place_name(plot: Plot, x: float) -> str:
    return plot.x_names[int(x)] if plot.x_names else f"{x:g}"


def _value(y: float | None) -> str:
    return "none" if y is None else f"{y:.4g}"


# Colours stand in the attributes too: programs that know no style sheets show the light ones.
def _fill(ink: str) -> str:
    return f'class="f-{ink}" fill="{PALETTE[ink][0]}"'


def _stroke(ink: str, width: float) -> str:
    return f'class="s-{ink}" stroke="{PALETTE[ink][0]}" stroke-width="{width:g}" fill="none"'


def _points(places: Sequence[Place]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _draw(shape: Shape) -> str:
    match shape:
        case Stroke(places, ink, width, dash):
            dashes = f' stroke-dasharray="{dash:g} {dash:g}"' if dash else ""
            return f'<polyline points="{_points(places)}" {_stroke(ink, width)} stroke-linejoin="round"{dashes}/>'
        case Area(places, ink):
            return f'<polygon points="{_points(places)}" {_fill(ink)} fill-opacity="0.14"/>'
        case Marker((x, y), ink, "circle", radius):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" {_fill(ink)}/>'
        case Marker((x, y), ink, "ring", radius):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" {_stroke(ink, 1.8)}/>'
        case Marker(_, ink, _, _):
            return "".join(f'<polygon points="{_points(part)}" {_fill(ink)}/>' for part in outline(shape))
        case Text((x, y), text, ink, size, anchor, bold):
            weight = ' font-weight="600"' if bold else ""
            return (
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}"{weight} {_fill(ink)} '
                f'font-family="{_FONT}">{escape(text)}</text>'
            )
