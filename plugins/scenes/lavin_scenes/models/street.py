"""What stands outdoors: houses, cars, benches, lamp posts, signs, ..."""

from __future__ import annotations

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.flat import Courses
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Plain, Stripes
from lavin_scenes.models.model import Draw, Model, ball, box, ring, rod, soft_box, tube, wheel
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import pose, turn

_TYRE = Material(Plain(palette.linear(0.07, 0.07, 0.08)), gloss=0.1)
_GLASS = Material(Plain(palette.linear(0.2, 0.25, 0.3)), gloss=0.8, sharpness=80)


def house(draw: Draw) -> Model:
    """A house with a roof, windows and a door."""
    wall, roof_color = draw.looks.wall(), palette.earth(draw.random) * np.float32(0.6)
    roof = Material(Courses(roof_color, roof_color * np.float32(0.5), 0.25, 0.3, 0.03, 0.5, 0.2))
    half_x, half_y, height = draw.between(1.8, 4.0), draw.between(1.8, 3.5), draw.between(2.4, 5.5)
    steep = draw.between(0.5, 1.0)
    parts = [box(wall, (half_x, half_y, height / 2), (0, 0, height / 2))]
    if draw.chance(0.85):
        size = (half_x + 0.25, half_y + 0.25, half_x * steep, 0.0)
        parts.append(Part(Shape.ROOF, size, roof, pose((0, 0, height))))
    else:
        parts.append(box(roof, (half_x + 0.2, half_y + 0.2, 0.12), (0, 0, height + 0.1)))
    frame = draw.looks.paint()
    columns, floors = (3 if half_x > 2.6 else 2), (2 if height > 4 else 1)
    for floor in range(floors):
        for column in range(columns):
            x = (column - (columns - 1) / 2) * 2 * half_x / columns
            z = height * (floor + 0.55) / floors
            door = floor == 0 and column == columns - 1
            parts.append(box(frame, (0.45, 0.04, 1.0 if door else 0.55), (x, -half_y, 1.0 if door else z)))
            if not door:
                parts.append(box(_GLASS, (0.36, 0.05, 0.46), (x, -half_y, z)))
    if draw.chance(0.5):
        parts.append(
            box(wall, (0.22, 0.22, half_x * steep * 0.5), (half_x * 0.4, half_y * 0.4, height + half_x * steep * 0.6))
        )
    return Model("house", parts)


def car(draw: Draw) -> Model:
    """A car, a van or a pick-up."""
    body = draw.looks.plastic() if draw.chance(0.6) else draw.looks.metal()
    wide, long, radius = draw.between(0.82, 0.92), draw.between(1.9, 2.3), draw.between(0.3, 0.36)
    low = draw.between(0.55, 0.68)
    van = draw.chance(0.25)
    cabin = (
        wide * 0.95,
        long * (0.8 if van else 0.55),
        draw.between(0.75, 1.0) if van else draw.between(0.5, 0.62),
        0.82,
    )
    back = long * (0.15 if van else draw.between(0.0, 0.12))
    parts = [
        soft_box(body, (wide, long, low / 2), (0, 0, radius * 0.65 + low / 2), 0.13),
        Part(Shape.PYRAMID, cabin, _GLASS, pose((0, back, radius * 0.65 + low - 0.02))),
        box(body, (cabin[0] * 0.8, cabin[1] * 0.8, 0.02), (0, back, radius * 0.65 + low + cabin[2] - 0.02)),
    ]
    if van:
        side = (cabin[0] * 1.02, cabin[1] * 0.6, cabin[2], 0.88)
        parts.append(Part(Shape.PYRAMID, side, body, pose((0, back + cabin[1] * 0.38, radius * 0.65 + low - 0.02))))
    hub = draw.looks.metal()
    for x in (-1, 1):
        for y in (-0.62, 0.62):
            parts.append(wheel(_TYRE, radius, 0.22, (x * (wide - 0.1), y * long, radius)))
            parts.append(wheel(hub, radius * 0.55, 0.24, (x * (wide - 0.1), y * long, radius)))
        lamp = Material(Plain(palette.linear(0.95, 0.93, 0.85)), gloss=0.5, glow=0.4)
        rear = Material(Plain(palette.linear(0.7, 0.08, 0.06)), gloss=0.5)
        parts.append(ball(lamp, (0.13, 0.05, 0.09), (x * wide * 0.7, -long + 0.01, radius * 0.65 + low * 0.6)))
        parts.append(box(rear, (0.12, 0.02, 0.08), (x * wide * 0.75, long, radius * 0.65 + low * 0.6)))
    return Model("car", parts)


def bench(draw: Draw) -> Model:
    """A park bench."""
    wood, iron, half = draw.looks.wood(0), draw.looks.metal(), draw.between(0.6, 0.9)
    parts = [box(wood, (half, 0.045, 0.015), (0, y, 0.45)) for y in (-0.18, -0.06, 0.06, 0.18)]
    parts += [box(wood, (half, 0.015, 0.045), (0, 0.24 + 0.03 * row, 0.6 + 0.13 * row)) for row in range(2)]
    for x in (-half * 0.8, half * 0.8):
        parts.append(box(iron, (0.025, 0.2, 0.02), (x, 0, 0.42)))
        parts += [rod(iron, (x, y, 0), (x, y * 0.9, 0.43), 0.022) for y in (-0.18, 0.18)]
        parts.append(rod(iron, (x, 0.2, 0.43), (x, 0.3, 0.8), 0.022))
    return Model("bench", parts)


def lamp_post(draw: Draw) -> Model:
    """A street lamp."""
    iron, height = draw.looks.metal(), draw.between(2.6, 4.2)
    glow = Material(Plain(palette.linear(0.95, 0.92, 0.8)), glow=draw.between(0.2, 1.5))
    parts = [tube(iron, 0.09, 0.05, height, (0, 0, 0)), tube(iron, 0.14, 0.1, 0.25, (0, 0, 0))]
    if draw.chance(0.5):
        return Model("lamp post", [*parts, ball(glow, 0.22, (0, 0, height + 0.15))])
    arm = rod(iron, (0, 0, height), (0, -0.8, height + 0.15), 0.04)
    return Model("lamp post", [*parts, arm, ball(glow, (0.11, 0.26, 0.07), (0, -0.85, height + 0.1))])


def sign(draw: Draw) -> Model:
    """A traffic sign."""
    pole, height = draw.looks.metal(), draw.between(1.7, 2.4)
    face, rim, size = draw.looks.picture(0.4), draw.looks.plastic(), draw.between(0.22, 0.34)
    parts = [tube(pole, 0.03, 0.03, height, (0, 0, 0))]
    if draw.chance(0.5):
        upright = turn(0, np.pi / 2)
        parts.append(Part(Shape.FRUSTUM, (0.012, size, size), rim, pose((0, -0.04, height), upright)))
        parts.append(Part(Shape.FRUSTUM, (0.014, size * 0.78, size * 0.78), face, pose((0, -0.042, height), upright)))
    else:
        parts.append(box(rim, (size, 0.012, size * 0.8), (0, -0.04, height)))
        parts.append(box(face, (size * 0.88, 0.014, size * 0.68), (0, -0.04, height)))
    return Model("sign", parts)


def hydrant(draw: Draw) -> Model:
    """A fire hydrant."""
    look = draw.looks.plastic()
    parts = [
        tube(look, 0.17, 0.17, 0.06, (0, 0, 0)),
        tube(look, 0.12, 0.11, 0.5, (0, 0, 0.05)),
        ball(look, (0.13, 0.13, 0.12), (0, 0, 0.56)),
        tube(look, 0.03, 0.03, 0.06, (0, 0, 0.67)),
        wheel(look, 0.06, 0.36, (0, 0, 0.4)),
    ]
    return Model("hydrant", parts)


def bin_(draw: Draw) -> Model:
    """A litter bin or a barrel."""
    look, radius, height = draw.looks.any(0.4), draw.between(0.2, 0.3), draw.between(0.5, 0.85)
    parts = [
        tube(look, radius * 0.85, radius, height, (0, 0, 0)),
        ring(draw.looks.metal(), radius, 0.025, (0, 0, height)),
    ]
    if draw.chance(0.5):
        parts.append(ball(look, (radius, radius, radius * 0.4), (0, 0, height)))
    return Model("bin", parts)


def traffic_cone(draw: Draw) -> Model:
    """A traffic cone."""
    orange = palette.linear(0.95, draw.between(0.3, 0.45), 0.1)
    height = draw.between(0.4, 0.75)
    look = Material(Stripes(orange, palette.linear(0.9, 0.9, 0.9), height * 0.45, 2, 0.6), gloss=0.1)
    base = Material(Plain(orange * np.float32(0.8)))
    parts = [
        box(base, (height * 0.27, height * 0.27, 0.02), (0, 0, 0.02)),
        tube(look, height * 0.2, height * 0.04, height, (0, 0, 0.04)),
    ]
    return Model("traffic cone", parts)


def fence(draw: Draw) -> Model:
    """A piece of a fence."""
    look, height, posts = draw.looks.wood(), draw.between(0.7, 1.2), draw.count(5, 9)
    step = draw.between(0.2, 0.3)
    places = [(number - (posts - 1) / 2) * step for number in range(posts)]
    parts = [box(look, (step * 0.32, 0.015, height / 2), (x, 0, height / 2)) for x in places]
    parts += [box(look, (posts * step / 2, 0.02, 0.04), (0, 0.03, height * share)) for share in (0.25, 0.75)]
    return Model("fence", parts)
