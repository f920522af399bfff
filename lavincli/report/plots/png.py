"""Draws a plot as a picture, on light paper and at twice the size, so that it is sharp on most screens."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from lavincli.clip import Clip
from lavincli.report.plots.layout import HEIGHT, WIDTH, lay_out
from lavincli.report.plots.model import Plot
from lavincli.report.plots.shapes import PALETTE, Area, Marker, Place, Shape, Stroke, Text, outline

_SCALE: Final = 2
# Pillow draws hard edges: everything is drawn larger and then reduced.
_FINER: Final = 2
_FACTOR: Final = _SCALE * _FINER
_AREA_OPACITY: Final = 36
_ANCHORS: Final = {"start": "ls", "middle": "ms", "end": "rs"}


def png_of(plot: Plot) -> Clip:
    """A plot as ``uint8 [1, 840, 1440, 3]``."""
    canvas = Image.new("RGB", (WIDTH * _FACTOR, HEIGHT * _FACTOR), PALETTE["paper"][0])
    for shape in lay_out(plot):
        _draw(canvas, shape)
    reduced = canvas.reduce(_FINER)
    return np.asarray(reduced)[None].copy()


def _draw(canvas: Image.Image, shape: Shape) -> None:
    colour = PALETTE[shape.ink][0]
    draw = ImageDraw.Draw(canvas)
    match shape:
        case Stroke(places, _, width, dash):
            for one, other in pairwise(places):
                for ends in _dashes(one, other, dash):
                    draw.line(_scaled(ends), fill=colour, width=round(width * _FACTOR))
        case Area(places, _):
            veil = Image.new("L", canvas.size, 0)
            ImageDraw.Draw(veil).polygon(_scaled(places), fill=_AREA_OPACITY)
            canvas.paste(Image.new("RGB", canvas.size, ImageColor.getrgb(colour)[:3]), mask=veil)
        case Marker((x, y), _, "circle", radius):
            draw.ellipse(_scaled([(x - radius, y - radius), (x + radius, y + radius)]), fill=colour)
        case Marker((x, y), _, "ring", radius):
            ring = _scaled([(x - radius - 0.9, y - radius - 0.9), (x + radius + 0.9, y + radius + 0.9)])
            draw.ellipse(ring, outline=colour, width=round(1.8 * _FACTOR))
        case Marker(_, _, _, _):
            for part in outline(shape):
                draw.polygon(_scaled(part), fill=colour)
        case Text(place, text, _, size, anchor, bold):
            font = ImageFont.load_default(size=size * _FACTOR)
            weight = round(0.02 * size * _FACTOR) if bold else 0
            draw.text(_scaled([place])[0], text, fill=colour, font=font, anchor=_ANCHORS[anchor], stroke_width=weight)


def _scaled(places: Sequence[Place]) -> list[Place]:
    return [(x * _FACTOR, y * _FACTOR) for x, y in places]


def _dashes(one: Place, other: Place, dash: float) -> Iterator[list[Place]]:
    """The dashes between two places; without dashes the whole line."""
    length = math.dist(one, other)
    if not dash or not length:
        yield [one, other]
        return
    at = 0.0
    while at < length:
        ends = (at / length, min(at + dash, length) / length)
        yield [(one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])) for share in ends]
        at += 2 * dash
