"""Plain solids: balls, boxes, cones, rings, and soft lumps."""

from __future__ import annotations

import numpy as np

from lavin_scenes.models.model import Draw, Model, ball, box, ring, soft, soft_box, tube
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import pose, turn


def sphere(draw: Draw) -> Model:
    """A ball."""
    radius = draw.between(0.06, 0.16)
    return Model("ball", [ball(draw.looks.any(radius * 2), radius, (0, 0, radius))], rolls=radius)


def block(draw: Draw) -> Model:
    """A box, sharp or rounded."""
    half = (draw.between(0.05, 0.17), draw.between(0.05, 0.17), draw.between(0.04, 0.17))
    look = draw.looks.any(0.2)
    part = box(look, half, (0, 0, half[2])) if draw.chance(0.6) else soft_box(look, half, (0, 0, half[2]), 0.03)
    return Model("box", [part], top=(half[0], half[1], 2 * half[2]))


def cylinder(draw: Draw) -> Model:
    """A cylinder that stands or lies."""
    radius, height = draw.between(0.05, 0.14), draw.between(0.08, 0.35)
    look = draw.looks.any(radius * 2)
    if draw.chance(0.75):
        return Model("cylinder", [tube(look, radius, radius, height, (0, 0, 0))])
    lying = Part(Shape.FRUSTUM, (height / 2, radius, radius), look, pose((0, 0, radius), turn(0, np.pi / 2)))
    return Model("cylinder", [lying])


def cone(draw: Draw) -> Model:
    """A cone or a pyramid."""
    radius, height = draw.between(0.07, 0.17), draw.between(0.12, 0.4)
    look = draw.looks.any(radius * 2)
    top = draw.between(0.0, 0.4) if draw.chance(0.4) else 0.0
    if draw.chance(0.6):
        return Model("cone", [tube(look, radius, radius * top, height, (0, 0, 0))])
    return Model("pyramid", [Part(Shape.PYRAMID, (radius, radius * draw.between(0.7, 1), height, top), look)])


def wedge(draw: Draw) -> Model:
    """A wedge like a roof."""
    size = (draw.between(0.08, 0.17), draw.between(0.08, 0.2), draw.between(0.08, 0.2), draw.between(0, 0.5))
    return Model("wedge", [Part(Shape.ROOF, size, draw.looks.any(0.2))])


def hoop(draw: Draw) -> Model:
    """A ring that lies or stands."""
    radius, thickness = draw.between(0.08, 0.16), draw.between(0.02, 0.055)
    look = draw.looks.any(0.1)
    if draw.chance(0.6):
        return Model("ring", [ring(look, radius, thickness, (0, 0, thickness))])
    return Model("ring", [ring(look, radius, thickness, (0, 0, radius + thickness), turn(0, np.pi / 2))])


def capsule(draw: Draw) -> Model:
    """A pill that lies."""
    length, near, far = draw.between(0.12, 0.3), draw.between(0.04, 0.1), draw.between(0.04, 0.1)
    slope = float(np.arcsin((far - near) / length))
    part = Part(
        Shape.ROUND_CONE,
        (length, near, far),
        draw.looks.any(0.2),
        pose((0, -length / 2, near), turn(0, -np.pi / 2 + slope)),
    )
    return Model("capsule", [part])


def lump(draw: Draw) -> Model:
    """A smooth union of a few balls and pills."""
    pills = []
    for _ in range(draw.count(2, 5)):
        radius = draw.between(0.05, 0.11)
        x, y = draw.between(-0.12, 0.12), draw.between(-0.12, 0.12)
        lean_x, lean_y = draw.between(-0.08, 0.08), draw.between(-0.08, 0.08)
        height = draw.between(0, 0.2)
        pills.append((x, y, radius, x + lean_x, y + lean_y, radius + height, radius, radius * draw.between(0.6, 1)))
    return Model("lump", [soft(draw.looks.any(0.3), pills, draw.between(0.015, 0.04))])


def stack(draw: Draw) -> Model:
    """A few flat things on top of each other: rings, discs or boxes."""
    parts: list[Part] = []
    height, radius = 0.0, draw.between(0.1, 0.18)
    kind = draw.count(0, 2)
    for _ in range(draw.count(3, 5)):
        look, thick = draw.looks.plastic(), draw.between(0.02, 0.05)
        if kind == 0:
            parts.append(ring(look, radius, thick, (0, 0, height + thick)))
        elif kind == 1:
            parts.append(tube(look, radius, radius, 2 * thick, (0, 0, height)))
        else:
            angle = turn(2, draw.between(0, 1.5))
            parts.append(box(look, (radius, radius * 0.8, thick), (0, 0, height + thick), angle))
        height += 2 * thick
        radius *= draw.between(0.7, 0.95)
    return Model("stack", parts)
