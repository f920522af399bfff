"""Things on tables: vessels, fruit, books, lamps."""

from __future__ import annotations

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Layered, Mottled, Plain
from lavin_scenes.models.model import Draw, Model, ball, box, ring, rod, soft, tube
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import pose, turn


def bottle(draw: Draw) -> Model:
    """A bottle with a label."""
    radius, height = draw.between(0.035, 0.06), draw.between(0.12, 0.22)
    neck = radius * draw.between(0.3, 0.5)
    look, cap = draw.looks.paint(), draw.looks.plastic()
    shoulder = height * 0.3
    parts = [
        tube(look, radius, radius, height, (0, 0, 0)),
        tube(look, radius, neck, shoulder, (0, 0, height)),
        tube(look, neck, neck, height * 0.25, (0, 0, height + shoulder)),
        tube(cap, neck * 1.2, neck * 1.2, height * 0.1, (0, 0, height * 1.25 + shoulder)),
    ]
    if draw.chance(0.7):
        label = radius * 1.01
        parts.append(tube(draw.looks.cloth(radius * 2), label, label, height * 0.5, (0, 0, height * 0.25)))
    return Model("bottle", parts)


def cup(draw: Draw) -> Model:
    """A cup with a handle, filled."""
    radius, height = draw.between(0.04, 0.06), draw.between(0.07, 0.12)
    look = draw.looks.paint()
    drink = Material(Plain(palette.linear(0.25, 0.14, 0.08)), gloss=0.4)
    handle = ring(look, height * 0.3, radius * 0.14, (radius * 1.05, 0, height * 0.5), turn(0, np.pi / 2))
    parts = [
        tube(look, radius * draw.between(0.7, 1.0), radius, height, (0, 0, 0)),
        tube(drink, radius * 0.88, radius * 0.88, 0.002, (0, 0, height)),
        handle,
    ]
    if draw.chance(0.5):
        parts.append(tube(look, radius * 1.2, radius * 1.8, 0.012, (0, 0, 0)))
    return Model("cup", parts)


def vase(draw: Draw) -> Model:
    """A turned vase, now and then with flowers."""
    look, height = draw.looks.any(0.1), draw.between(0.18, 0.4)
    levels = np.cumsum([0, *draw.random.dirichlet([3, 3, 2, 1.5])]) * height
    radii = [draw.between(0.04, 0.07), draw.between(0.06, 0.12), draw.between(0.05, 0.1), draw.between(0.025, 0.05)]
    radii.append(radii[-1] * draw.between(1.0, 1.6))
    parts = [
        tube(look, radii[step], radii[step + 1], float(levels[step + 1] - levels[step]), (0, 0, float(levels[step])))
        for step in range(4)
    ]
    if draw.chance(0.4):
        stem, bloom = draw.looks.leaves(), draw.looks.plastic()
        for _ in range(draw.count(2, 5)):
            tip = (draw.between(-0.12, 0.12), draw.between(-0.12, 0.12), height + draw.between(0.1, 0.22))
            parts.append(rod(stem, (0, 0, height * 0.9), tip, 0.005))
            parts.append(ball(bloom, (0.035, 0.035, 0.025), tip))
    return Model("vase", parts)


def bowl(draw: Draw) -> Model:
    """A bowl with fruit."""
    radius = draw.between(0.1, 0.16)
    look = draw.looks.any(0.15)
    parts = [tube(look, radius * 0.45, radius, radius * 0.55, (0, 0, 0))]
    for number in range(draw.count(3, 5)):
        angle, size = number * 2.1 + draw.between(0, 0.5), radius * draw.between(0.26, 0.36)
        place = (np.cos(angle) * radius * 0.45, np.sin(angle) * radius * 0.45, radius * 0.6)
        parts.append(ball(_fruit_skin(draw), size, place))
    return Model("bowl", parts)


def fruit(draw: Draw) -> Model:
    """An apple, a pear, an orange, or a banana."""
    skin, radius = _fruit_skin(draw), draw.between(0.035, 0.07)
    kind = draw.count(0, 2)
    if kind == 0:
        stalk = rod(draw.looks.wood(), (0, 0, radius * 1.7), (radius * 0.2, 0, radius * 2.3), radius * 0.07)
        return Model("fruit", [ball(skin, (radius, radius, radius * 0.92), (0, 0, radius * 0.92)), stalk], rolls=radius)
    if kind == 1:
        pear = [
            (0, 0, radius, 0, 0, radius * 1.2, radius, radius),
            (0, 0, radius * 1.8, 0, 0, radius * 2.4, radius * 0.6, radius * 0.4),
        ]
        return Model("fruit", [soft(skin, pear, 0.02)])
    yellow = Material(Mottled(palette.linear(0.95, 0.8, 0.2), palette.linear(0.7, 0.6, 0.15), 0.05), gloss=0.15)
    bent = [
        (np.sin(a) * radius * 3, np.cos(a) * radius * 3 - radius * 2.4, radius * 0.6) for a in (-0.9, -0.3, 0.3, 0.9)
    ]
    thick = [radius * 0.25, radius * 0.6, radius * 0.6, radius * 0.2]
    pills = [(*bent[i], *bent[i + 1], thick[i], thick[i + 1]) for i in range(3)]
    return Model("fruit", [soft(yellow, pills, 0.008)])


def _fruit_skin(draw: Draw) -> Material:
    reds = ((0.75, 0.12, 0.1), (0.9, 0.55, 0.1), (0.5, 0.65, 0.15), (0.85, 0.75, 0.2), (0.4, 0.1, 0.3))
    color = palette.linear(*reds[draw.count(0, len(reds) - 1)])
    return Material(Layered(color, palette.shade_of(color, draw.random, 0.7, 0.95), 0.05, 0.004, 0.1), gloss=0.25)


def books(draw: Draw) -> Model:
    """One book or a pile of them."""
    parts: list[Part] = []
    height = 0.0
    paper = Material(Plain(palette.linear(0.9, 0.87, 0.8)))
    for _ in range(draw.count(1, 4)):
        half = (draw.between(0.07, 0.11), draw.between(0.1, 0.15), draw.between(0.01, 0.025))
        cover, turned = draw.looks.cloth(0.4), turn(2, draw.between(-0.4, 0.4))
        parts.append(box(paper, (half[0] * 0.96, half[1] * 0.96, half[2] * 0.8), (0.004, 0, height + half[2]), turned))
        lid = (half[0], half[1], half[2] * 0.12)
        parts += [box(cover, lid, (0, 0, height + half[2] * level), turned) for level in (0.1, 1.9)]
        height += 2 * half[2]
    return Model("book", parts, top=(0.06, 0.09, height))


def table_lamp(draw: Draw) -> Model:
    """A lamp with a shade."""
    foot, shade, height = draw.looks.any(0.2), draw.looks.cloth(0.3), draw.between(0.2, 0.35)
    glow = Material(shade.pattern, glow=draw.between(0.0, 1.2))
    wide = draw.between(0.1, 0.16)
    parts = [
        tube(foot, 0.07, 0.06, 0.02, (0, 0, 0)),
        ball(foot, (0.05, 0.05, height * 0.3), (0, 0, height * 0.35)),
        tube(foot, 0.012, 0.012, height, (0, 0, 0)),
        tube(glow, wide, wide * draw.between(0.5, 0.9), draw.between(0.12, 0.2), (0, 0, height)),
    ]
    return Model("lamp", parts)


def carton(draw: Draw) -> Model:
    """A packet or a milk carton."""
    half = (draw.between(0.035, 0.09), draw.between(0.03, 0.06), draw.between(0.07, 0.14))
    look = draw.looks.cloth(0.25)
    parts = [box(look, half, (0, 0, half[2]))]
    if draw.chance(0.5):
        parts.append(Part(Shape.ROOF, (half[0], half[1], half[0], 0.1), look, pose((0, 0, 2 * half[2]))))
    return Model("carton", parts)
