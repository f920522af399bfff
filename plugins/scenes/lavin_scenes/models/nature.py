"""Trees, bushes, rocks, mushrooms."""

from __future__ import annotations

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.flat import Dots
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Plain
from lavin_scenes.models.model import Draw, Model, ball, rod, soft, tube


def tree(draw: Draw) -> Model:
    """A leaf tree."""
    bark, leaf, height = draw.looks.wood(), draw.looks.leaves(), draw.between(2.2, 5.5)
    crown = height * draw.between(0.2, 0.3)
    parts = [rod(bark, (0, 0, 0), (draw.between(-0.1, 0.1), 0, height * 0.6), height * 0.04, height * 0.025)]
    for number in range(draw.count(3, 6)):
        angle, out = number * 2.4 + draw.between(0, 1), crown * draw.between(0.2, 0.75)
        middle = (np.cos(angle) * out, np.sin(angle) * out, height - crown * draw.between(0.9, 1.9))
        size = crown * draw.between(0.6, 0.95)
        parts.append(ball(leaf, (size, size, size * draw.between(0.75, 1.0)), middle))
    return Model("tree", parts)


def conifer(draw: Draw) -> Model:
    """A fir or a spruce."""
    leaf, height = draw.looks.leaves(), draw.between(2.0, 6.0)
    wide = height * draw.between(0.16, 0.24)
    parts = [tube(draw.looks.wood(), height * 0.03, height * 0.02, height * 0.3, (0, 0, 0))]
    levels = draw.count(2, 4)
    for level in range(levels):
        share = level / levels
        radius = wide * (1 - share * 0.75)
        tall = height * 0.8 / levels * 1.4
        parts.append(tube(leaf, radius, radius * 0.1, tall, (0, 0, height * (0.16 + 0.78 * share))))
    return Model("conifer", parts)


def bush(draw: Draw) -> Model:
    """A bush, now and then with flowers."""
    leaf, unit = draw.looks.leaves(), draw.between(0.25, 0.6)
    parts = []
    for _ in range(draw.count(2, 5)):
        size = unit * draw.between(0.5, 0.9)
        place = (draw.between(-0.6, 0.6) * unit, draw.between(-0.6, 0.6) * unit, size * 0.75)
        parts.append(ball(leaf, (size, size, size * 0.9), place))
    if draw.chance(0.3):
        bloom = draw.looks.plastic()
        for _ in range(8):
            way = draw.random.normal(0, 1, 3)
            way[2] = abs(way[2])
            blooming = parts[0].pose.place + way / np.linalg.norm(way) * parts[0].size[0]
            parts.append(ball(bloom, unit * 0.09, blooming))
    return Model("bush", parts)


def rock(draw: Draw) -> Model:
    """A rock."""
    unit = draw.between(0.15, 0.5)
    pills = []
    for _ in range(draw.count(2, 4)):
        x, y, radius = draw.between(-0.6, 0.6) * unit, draw.between(-0.5, 0.5) * unit, unit * draw.between(0.4, 0.7)
        pills.append((x, y, radius * 0.4, x * 0.4, y * 0.4, radius * draw.between(0.4, 0.9), radius, radius * 0.7))
    return Model("rock", [soft(draw.looks.stone(unit * 2), pills, unit * 0.12)])


def mushroom(draw: Draw) -> Model:
    """A toadstool."""
    cap, stem = palette.vivid(draw.random), draw.looks.paint(palette.linear(0.85, 0.82, 0.74))
    unit = draw.between(0.05, 0.14)
    spotted = Dots(cap, palette.linear(0.9, 0.9, 0.85), unit * 0.6, 0.25) if draw.chance(0.6) else Plain(cap)
    parts = [
        rod(stem, (0, 0, 0), (0, 0, unit * 1.5), unit * 0.4, unit * 0.28),
        ball(Material(spotted, gloss=0.2), (unit * 1.15, unit * 1.15, unit * 0.7), (0, 0, unit * 1.7)),
    ]
    return Model("mushroom", parts)
