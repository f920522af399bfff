"""Toys: bears, ducks, snowmen, robots, toy cars, ..."""

from __future__ import annotations

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Plain
from lavin_scenes.models.model import Draw, Model, ball, box, ring, rod, soft_box, tube, wheel
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import pose, turn

_BLACK = Material(Plain(palette.linear(0.06, 0.06, 0.06)), gloss=0.4, sharpness=50)


def bear(draw: Draw) -> Model:
    """A teddy bear that sits."""
    fur, light = draw.looks.cloth(0.3), draw.looks.cloth(0.2)
    unit = draw.between(0.09, 0.16)
    parts = [
        ball(fur, (unit, unit * 0.85, unit * 1.1), (0, 0, unit * 1.05)),
        ball(light, (unit * 0.65, unit * 0.3, unit * 0.75), (0, -unit * 0.65, unit * 1.0)),
        ball(fur, unit * 0.78, (0, -unit * 0.1, unit * 2.6)),
        ball(light, (unit * 0.33, unit * 0.3, unit * 0.27), (0, -unit * 0.75, unit * 2.45)),
        ball(_BLACK, unit * 0.11, (0, -unit * 1.03, unit * 2.52)),
    ]
    for side in (-1, 1):
        parts.append(ball(fur, (unit * 0.3, unit * 0.16, unit * 0.3), (side * unit * 0.6, 0, unit * 3.25)))
        parts.append(ball(_BLACK, unit * 0.09, (side * unit * 0.3, -unit * 0.8, unit * 2.78)))
        hand = (side * unit * 1.25, -unit * 0.6, unit * draw.between(0.9, 1.8))
        parts.append(rod(fur, (side * unit * 0.75, 0, unit * 1.7), hand, unit * 0.3, unit * 0.27))
        parts.append(
            rod(
                fur,
                (side * unit * 0.6, -unit * 0.2, unit * 0.4),
                (side * unit * 0.8, -unit * 1.3, unit * 0.33),
                unit * 0.36,
                unit * 0.32,
            )
        )
    return Model("teddy bear", parts)


def duck(draw: Draw) -> Model:
    """A rubber duck."""
    skin, bill = draw.looks.plastic(), Material(Plain(palette.linear(0.9, 0.45, 0.1)), gloss=0.3)
    unit = draw.between(0.06, 0.13)
    parts = [
        ball(skin, (unit * 0.8, unit * 1.15, unit * 0.7), (0, 0, unit * 0.65)),
        ball(skin, (unit * 0.35, unit * 0.4, unit * 0.35), (0, unit * 1.0, unit * 0.95), turn(0, 0.6)),
        ball(skin, unit * 0.58, (0, -unit * 0.65, unit * 1.55)),
        ball(bill, (unit * 0.26, unit * 0.35, unit * 0.1), (0, -unit * 1.25, unit * 1.45)),
    ]
    for side in (-1, 1):
        parts.append(ball(_BLACK, unit * 0.09, (side * unit * 0.3, -unit * 1.12, unit * 1.72)))
        parts.append(ball(skin, (unit * 0.15, unit * 0.6, unit * 0.35), (side * unit * 0.75, unit * 0.15, unit * 0.8)))
    return Model("duck", parts)


def snowman(draw: Draw) -> Model:
    """Three balls with a hat and a carrot."""
    body = draw.looks.paint(palette.linear(0.9, 0.92, 0.95)) if draw.chance(0.7) else draw.looks.any(0.3)
    unit = draw.between(0.1, 0.2)
    carrot = Material(Plain(palette.linear(0.9, 0.45, 0.1)))
    parts = [
        ball(body, unit, (0, 0, unit * 0.95)),
        ball(body, unit * 0.75, (0, 0, unit * 2.3)),
        ball(body, unit * 0.52, (0, 0, unit * 3.3)),
        Part(
            Shape.FRUSTUM,
            (unit * 0.3, unit * 0.09, 0.0),
            carrot,
            pose((0, -unit * 0.75, unit * 3.3), turn(0, np.pi / 2)),
        ),
        tube(_BLACK, unit * 0.4, unit * 0.38, unit * 0.5, (0, 0, unit * 3.72)),
        tube(_BLACK, unit * 0.62, unit * 0.62, unit * 0.06, (0, 0, unit * 3.68)),
    ]
    for side in (-1, 1):
        parts.append(ball(_BLACK, unit * 0.07, (side * unit * 0.2, -unit * 0.46, unit * 3.45)))
        arm = (side * unit * 1.5, 0, unit * draw.between(2.2, 3.2))
        parts.append(rod(draw.looks.wood(), (side * unit * 0.6, 0, unit * 2.4), arm, unit * 0.05, unit * 0.03))
    return Model("snowman", parts)


def robot(draw: Draw) -> Model:
    """A toy robot of boxes."""
    body, other, unit = draw.looks.paint(), draw.looks.metal(), draw.between(0.06, 0.14)
    light = Material(Plain(palette.vivid(draw.random)), glow=1.0)
    parts = [
        soft_box(body, (unit * 0.8, unit * 0.5, unit), (0, 0, unit * 2.2), unit * 0.12),
        box(other, (unit * 0.6, unit * 0.45, unit * 0.5), (0, 0, unit * 3.8)),
        rod(other, (0, 0, unit * 4.2), (0, 0, unit * 4.8), unit * 0.06),
        ball(light, unit * 0.13, (0, 0, unit * 4.85)),
        box(light, (unit * 0.4, unit * 0.05, unit * 0.25), (0, -unit * 0.5, unit * 2.4)),
    ]
    for side in (-1, 1):
        parts.append(ball(light, unit * 0.14, (side * unit * 0.27, -unit * 0.45, unit * 3.9)))
        parts.append(box(other, (unit * 0.25, unit * 0.3, unit * 0.65), (side * unit * 0.4, 0, unit * 0.65)))
        hand = (side * unit * 1.3, -unit * draw.between(0, 0.8), unit * draw.between(1.2, 3.0))
        parts.append(rod(other, (side * unit * 0.95, 0, unit * 2.8), hand, unit * 0.18))
    return Model("robot", parts)


def toy_car(draw: Draw) -> Model:
    """A toy car."""
    body, unit = draw.looks.plastic(), draw.between(0.06, 0.11)
    glass = Material(Plain(palette.linear(0.25, 0.3, 0.36)), gloss=0.7, sharpness=60)
    cabin = (unit * 0.72, unit * 0.9, unit * 0.6, 0.75)
    parts = [
        soft_box(body, (unit * 0.85, unit * 1.8, unit * 0.4), (0, 0, unit * 0.75), unit * 0.15),
        Part(Shape.PYRAMID, cabin, glass, pose((0, unit * 0.15, unit * 1.1))),
        box(body, (unit * 0.55, unit * 0.68, unit * 0.04), (0, unit * 0.15, unit * 1.72)),
    ]
    parts += [
        wheel(_BLACK, unit * 0.38, unit * 0.3, (x * unit * 0.8, y * unit * 1.1, unit * 0.38))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    return Model("toy car", parts)


def spinning_top(draw: Draw) -> Model:
    """A top, or a dumbbell of rings on a stick."""
    unit = draw.between(0.08, 0.14)
    parts = [tube(draw.looks.metal(), unit * 0.05, unit * 0.05, unit * 2.2, (0, 0, 0))]
    parts.append(tube(draw.looks.plastic(), unit * 0.1, unit, unit * 0.7, (0, 0, unit * 0.2)))
    parts.append(tube(draw.looks.plastic(), unit, unit * 0.3, unit * 0.5, (0, 0, unit * 0.9)))
    parts.append(ring(draw.looks.plastic(), unit * 0.98, unit * 0.08, (0, 0, unit * 0.9)))
    parts.append(ball(draw.looks.plastic(), unit * 0.14, (0, 0, unit * 2.2)))
    return Model("top", parts)
