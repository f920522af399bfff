"""Vehicles beside cars: buses, trains, bicycles, motorbikes, boats, aeroplanes."""

from __future__ import annotations

import numpy as np

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Plain
from lavin_scenes.models.model import Draw, Model, ball, box, ring, rod, soft, soft_box, wheel
from lavin_scenes.parts import Part
from lavin_scenes.shapes import Shape
from lavin_scenes.vectors import pose, turn

_TYRE = Material(Plain(palette.linear(0.07, 0.07, 0.08)), gloss=0.1)
_GLASS = Material(Plain(palette.linear(0.2, 0.25, 0.3)), gloss=0.8, sharpness=80)
_SIDEWAYS = turn(1, np.pi / 2)


def bus(draw: Draw) -> Model:
    """A bus, a lorry or a railway carriage."""
    body, long, high = draw.looks.plastic(), draw.between(2.6, 4.5), draw.between(2.0, 2.6)
    wide, low = 1.15, 0.4
    parts = [
        soft_box(body, (wide, long, high / 2), (0, 0, low + high / 2), 0.12),
        box(_GLASS, (wide * 0.9, 0.03, high * 0.22), (0, -long, low + high * 0.66)),
    ]
    panes = max(3, int(long * 1.1))
    step = 2 * long / panes
    glass = (wide + 0.015, step * 0.42, high * 0.18)
    parts += [box(_GLASS, glass, (0, -long + step * (pane + 0.5), low + high * 0.68)) for pane in range(panes)]
    if draw.chance(0.5):
        stripe = (wide + 0.012, long * 0.97, high * 0.06)
        parts.append(box(draw.looks.plastic(), stripe, (0, 0, low + high * 0.3)))
    wheels = (-0.65, 0.6) if draw.chance(0.7) else (-0.75, -0.5, 0.5, 0.75)
    parts += [wheel(_TYRE, 0.45, 0.28, (side * (wide - 0.1), y * long, 0.45)) for side in (-1, 1) for y in wheels]
    return Model("bus" if len(wheels) == 2 else "train", parts)


def bicycle(draw: Draw) -> Model:
    """A bicycle on its stand."""
    frame, steel, radius, base = draw.looks.plastic(), draw.looks.metal(), draw.between(0.3, 0.35), 0.52
    parts = [ring(_TYRE, radius - 0.02, 0.02, (0, y, radius), _SIDEWAYS) for y in (-base, base)]
    parts += [wheel(steel, 0.035, 0.08, (0, y, radius)) for y in (-base, base)]
    for y in (-base, base):
        for angle in (0.3, 1.35, 2.4):
            reach = np.array([0, np.cos(angle), np.sin(angle)]) * (radius - 0.03)
            parts.append(rod(steel, np.array([0, y, radius]) - reach, np.array([0, y, radius]) + reach, 0.004))
    crank, saddle, head = (0, 0.05, radius * 0.9), (0, 0.2, 0.82), (0, -base + 0.17, 0.8)
    for start, end in (
        (crank, saddle),
        (crank, head),
        (saddle, head),
        (saddle, (0, base, radius)),
        (crank, (0, base, radius)),
    ):
        parts.append(rod(frame, start, end, 0.018))
    parts.append(rod(frame, (0, -base, radius), (0, -base + 0.2, 0.95), 0.018))
    parts.append(rod(steel, (-0.26, -base + 0.25, 0.98), (0.26, -base + 0.25, 0.98), 0.014))
    parts.append(ball(_TYRE, (0.07, 0.14, 0.035), (0, 0.22, 0.87)))
    parts.append(rod(steel, (-0.14, 0.05, radius * 0.75), (0.14, 0.05, radius * 1.05), 0.016))
    return Model("bicycle", parts)


def motorbike(draw: Draw) -> Model:
    """A motorbike or a scooter."""
    body, steel, radius, base = draw.looks.plastic(), draw.looks.metal(), draw.between(0.27, 0.33), 0.66
    parts = [ring(_TYRE, radius - 0.06, 0.06, (0, y, radius), _SIDEWAYS) for y in (-base, base)]
    parts += [wheel(steel, radius * 0.5, 0.08, (0, y, radius)) for y in (-base, base)]
    tank = [(0, -0.25, 0.78, 0, 0.1, 0.74, 0.15, 0.12), (0, 0.1, 0.72, 0, 0.75, 0.82, 0.11, 0.07)]
    parts += [
        soft(body, tank, 0.03),
        ball(_TYRE, (0.12, 0.3, 0.06), (0, 0.38, 0.86)),
        soft_box(steel, (0.15, 0.2, 0.17), (0, 0, 0.42), 0.05),
        rod(steel, (0.13, 0, 0.35), (0.15, 0.8, 0.38), 0.045),
        rod(body, (0, 0.1, 0.5), (0, base, radius), 0.05),
        rod(steel, (-0.36, -0.38, 1.02), (0.36, -0.38, 1.02), 0.018),
        ball(Material(Plain(palette.linear(0.9, 0.9, 0.85)), gloss=0.6), 0.1, (0, -0.56, 0.86)),
    ]
    parts += [rod(steel, (x, -base, radius), (x, -0.4, 1.0), 0.025) for x in (-0.08, 0.08)]
    return Model("motorbike", parts)


def boat(draw: Draw) -> Model:
    """A boat on land, with a cabin or a sail."""
    hull, deck, long = draw.looks.paint(), draw.looks.wood(1), draw.between(1.2, 2.4)
    wide, deep = long * 0.3, long * 0.22
    keel = [
        (0, -long, deep * 1.5, 0, -long * 0.3, deep, 0.06, wide * 0.8),
        (0, -long * 0.3, deep, 0, long * 0.75, deep, wide * 0.85, wide * 0.75),
    ]
    parts = [soft(hull, keel, 0.05), ball(deck, (wide * 0.72, long * 0.8, 0.05), (0, 0, deep + wide * 0.82))]
    floor = deep + wide * 0.8
    if draw.chance(0.5):
        cabin = (wide * 0.55, long * 0.3, wide * 0.5)
        parts.append(box(draw.looks.paint(), cabin, (0, long * 0.2, floor + cabin[2])))
        parts.append(
            box(_GLASS, (cabin[0] * 1.02, cabin[1] * 0.8, cabin[2] * 0.3), (0, long * 0.2, floor + cabin[2] * 1.3))
        )
    else:
        mast = long * draw.between(1.4, 2.0)
        parts.append(rod(draw.looks.wood(), (0, 0, floor), (0, 0, floor + mast), 0.04))
        sail = pose((0, long * 0.42, floor + 0.25), turn(2, np.pi / 2))
        parts.append(Part(Shape.ROOF, (long * 0.38, 0.015, mast * 0.8, 0.05), draw.looks.cloth(1.0), sail))
    return Model("boat", parts)


def aeroplane(draw: Draw) -> Model:
    """A small aeroplane on its wheels."""
    body, wing, long = draw.looks.paint(), draw.looks.plastic(), draw.between(2.2, 3.5)
    thick, high = long * 0.16, long * 0.34
    span = long * draw.between(0.85, 1.1)
    fuselage = [
        (0, -long * 0.8, high, 0, long * 0.1, high * 1.05, thick * 0.75, thick),
        (0, 0, high * 1.05, 0, long, high * 1.3, thick, thick * 0.3),
    ]
    flat = Part(
        Shape.ELLIPSOID,
        (span, long * 0.17, 0.07),
        wing,
        pose((0, -long * 0.15, high * (0.8 if draw.chance(0.6) else 1.5))),
    )
    parts = [
        soft(body, fuselage, 0.05),
        flat,
        ball(wing, (span * 0.36, long * 0.1, 0.05), (0, long * 0.92, high * 1.32)),
        ball(wing, (0.05, long * 0.14, long * 0.17), (0, long * 0.93, high * 1.7)),
        ball(_GLASS, (thick * 0.8, long * 0.17, thick * 0.7), (0, -long * 0.3, high * 1.05 + thick * 0.7)),
        ball(draw.looks.metal(), (0.1, 0.2, 0.1), (0, -long * 0.8 - thick * 0.75, high)),
        ball(_TYRE, (0.04, 0.02, long * 0.24), (0, -long * 0.8 - thick * 0.85, high), turn(1, draw.between(0, 3))),
    ]
    parts += [wheel(_TYRE, high * 0.24, 0.12, (x * thick * 1.4, -long * 0.2, high * 0.24)) for x in (-1, 1)]
    parts += [
        rod(
            draw.looks.metal(),
            (x * thick * 1.4, -long * 0.2, high * 0.24),
            (x * thick * 0.5, -long * 0.2, high * 0.7),
            0.04,
        )
        for x in (-1, 1)
    ]
    parts.append(wheel(_TYRE, high * 0.15, 0.1, (0, long * 0.9, high * 0.9)))
    return Model("aeroplane", parts)
