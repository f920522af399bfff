"""Animals: four-legged ones of many kinds, and birds."""

from __future__ import annotations

from typing import Final, NamedTuple

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Layered, Mottled, Plain, Stripes
from lavin_scenes.models.model import Draw, Model, ball, rod, soft
from lavin_scenes.vectors import Floats, turn

_BLACK = Material(Plain(palette.linear(0.05, 0.05, 0.05)), gloss=0.4, sharpness=50)


class _Build(NamedTuple):
    """Measures of a kind / height of the back; ``neck`` is its length, ``rise`` how steep it is, ``leg`` a radius."""

    height: tuple[float, float]
    length: float
    girth: float
    leg: float
    neck: float
    rise: float
    head: float
    ears: float
    tail: float
    pelts: tuple[str, ...]


_KINDS: Final = {
    "dog": _Build((0.35, 0.65), 1.15, 0.2, 0.055, 0.38, 0.8, 0.17, 0.16, 0.45, ("brown", "spots", "gray")),
    "cat": _Build((0.24, 0.32), 1.25, 0.2, 0.06, 0.25, 0.7, 0.19, 0.13, 0.8, ("gray", "stripes", "brown")),
    "cow": _Build((1.2, 1.5), 1.25, 0.27, 0.06, 0.35, 0.5, 0.17, 0.1, 0.6, ("spots", "brown")),
    "horse": _Build((1.3, 1.6), 1.1, 0.2, 0.05, 0.65, 1.1, 0.15, 0.08, 0.6, ("brown", "gray")),
    "sheep": _Build((0.6, 0.8), 1.15, 0.36, 0.06, 0.25, 0.6, 0.15, 0.12, 0.15, ("wool",)),
    "elephant": _Build((1.8, 2.5), 1.15, 0.34, 0.12, 0.2, 0.4, 0.23, 0.35, 0.35, ("gray",)),
    "zebra": _Build((1.1, 1.4), 1.1, 0.22, 0.05, 0.55, 1.0, 0.15, 0.09, 0.5, ("zebra",)),
    "giraffe": _Build((1.9, 2.4), 0.75, 0.17, 0.035, 0.95, 2.2, 0.1, 0.07, 0.35, ("giraffe",)),
    "pig": _Build((0.5, 0.75), 1.45, 0.33, 0.08, 0.15, 0.3, 0.24, 0.13, 0.1, ("pink",)),
}


def animal(draw: Draw) -> Model:
    """A four-legged animal that stands or walks."""
    kind = list(_KINDS)[draw.count(0, len(_KINDS) - 1)]
    build = _KINDS[kind]
    unit = draw.between(*build.height)
    coat = _coat(draw, build.pelts[draw.count(0, len(build.pelts) - 1)], unit)
    half, girth = build.length * unit / 2 - build.girth * unit * 0.6, build.girth * unit
    spine = unit - girth
    neck_y = -half - build.neck * unit * 0.6
    head_z = spine + girth * 0.4 + build.neck * unit * build.rise
    head, turned = build.head * unit, draw.between(-0.15, 0.15) * unit
    nose = (turned * 1.4, neck_y - head * 1.3, head_z - head * 0.55)
    body = [
        (0, -half, spine, 0, half, spine, girth, girth * 0.92),
        (0, -half, spine + girth * 0.3, turned, neck_y, head_z, girth * 0.62, head * 0.6),
        (turned, neck_y, head_z, *nose, head * 0.72, head * 0.42),
    ]
    parts = [soft(coat, body, girth * 0.12)]
    swing = draw.between(0.0, 0.3) * unit
    for number, (x, y) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
        hip = (x * girth * 0.6, y * half, spine - girth * 0.3)
        foot = (x * girth * 0.6, y * half + swing * (0.5 if number % 2 else -0.5), build.leg * unit)
        parts.append(rod(coat, hip, foot, build.leg * unit * 1.6, build.leg * unit))
    for side in (-1, 1):
        ear = (turned + side * head * 0.6, neck_y + head * 0.2, head_z + head * 0.6)
        size = build.ears * unit
        parts.append(ball(coat, (size * 0.45, size * 0.2, size * 0.7), ear, turn(1, side * 0.5)))
        parts.append(ball(_BLACK, head * 0.13, (turned + side * head * 0.5, neck_y - head * 0.5, head_z + head * 0.2)))
    parts.append(ball(_BLACK, head * 0.16, (nose[0], nose[1] - head * 0.38, nose[2] + head * 0.08)))
    tip = (draw.between(-0.1, 0.1) * unit, half + girth + build.tail * unit * 0.5, spine - build.tail * unit * 0.3)
    parts.append(rod(coat, (0, half + girth * 0.7, spine + girth * 0.4), tip, build.leg * unit * 0.5))
    if kind == "elephant":
        parts.append(rod(coat, nose, (nose[0], nose[1] - head * 0.4, unit * 0.2), head * 0.3, head * 0.16))
    if kind == "cow":
        horn = Material(Plain(palette.linear(0.8, 0.75, 0.6)))
        parts += [
            rod(
                horn,
                (turned + s * head * 0.5, neck_y, head_z + head * 0.6),
                (turned + s * head, neck_y, head_z + head * 1.3),
                head * 0.12,
                head * 0.05,
            )
            for s in (-1, 1)
        ]
    return Model(kind, parts)


def _coat(draw: Draw, pelt: str, unit: float) -> Material:
    white, black = palette.linear(0.88, 0.86, 0.82), palette.linear(0.1, 0.09, 0.09)
    brown: Floats = palette.wood(draw.random)
    gray = palette.linear(0.5, 0.49, 0.47) * draw.random.uniform(0.3, 1.5)
    if pelt == "spots":
        return Material(Mottled(white, black if draw.chance(0.5) else brown, 0.6 * unit, contrast=4.0))
    if pelt == "zebra":
        return Material(Stripes(white, black, 0.13 * unit, 1))
    if pelt == "stripes":
        return Material(Stripes(brown, brown * draw.random.uniform(0.4, 0.7), 0.18 * unit, 1))
    if pelt == "giraffe":
        return Material(
            Mottled(palette.linear(0.85, 0.7, 0.45), palette.linear(0.5, 0.28, 0.12), 0.3 * unit, contrast=3.0)
        )
    if pelt == "wool":
        return Material(Layered(white, white * draw.random.uniform(0.7, 0.95), 0.3 * unit, 0.03 * unit, 0.25))
    if pelt == "pink":
        return Material(Plain(palette.linear(0.9, 0.68, 0.62)), gloss=0.05)
    color = gray if pelt == "gray" else brown
    return Material(Mottled(color, color * draw.random.uniform(0.5, 0.9), 0.4 * unit), gloss=0.05)


def bird(draw: Draw) -> Model:
    """A bird that stands."""
    coat, bill = draw.looks.paint(), Material(Plain(palette.linear(0.85, 0.6, 0.15)))
    unit = draw.between(0.1, 0.3)
    wing = draw.looks.paint()
    parts = [
        soft(
            coat,
            [
                (0, -unit * 0.3, unit * 1.3, 0, unit * 0.7, unit * 1.1, unit * 0.5, unit * 0.2),
                (0, -unit * 0.35, unit * 1.5, 0, -unit * 0.6, unit * 2.1, unit * 0.3, unit * 0.32),
            ],
            unit * 0.06,
        ),
        rod(bill, (0, -unit * 0.85, unit * 2.1), (0, -unit * 1.3, unit * 2.0), unit * 0.12, unit * 0.02),
        ball(coat, (unit * 0.15, unit * 0.5, unit * 0.06), (0, unit * 1.1, unit * 1.05), turn(0, -0.2)),
    ]
    for side in (-1, 1):
        parts.append(ball(wing, (unit * 0.1, unit * 0.6, unit * 0.35), (side * unit * 0.42, unit * 0.15, unit * 1.3)))
        parts.append(ball(_BLACK, unit * 0.07, (side * unit * 0.22, -unit * 0.8, unit * 2.2)))
        parts.append(rod(bill, (side * unit * 0.2, 0, unit * 0.9), (side * unit * 0.2, 0, unit * 0.05), unit * 0.05))
    return Model("bird", parts)
