"""Furniture."""

from __future__ import annotations

from lavin_scenes.materials import palette
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Plain
from lavin_scenes.models.model import Draw, Model, ball, box, rod, soft_box, tube
from lavin_scenes.parts import Part


def chair(draw: Draw) -> Model:
    """A chair or a stool."""
    return seat(draw, draw.between(0.42, 0.48))


def seat(draw: Draw, height: float) -> Model:
    """A chair or a stool to sit on at a height."""
    frame = draw.looks.wood() if draw.chance(0.6) else draw.looks.paint()
    cover = draw.looks.cloth(0.4) if draw.chance(0.4) else frame
    half = draw.between(0.19, 0.24)
    height -= 0.025
    parts = _legs(draw, frame, half - 0.025, half - 0.025, height - 0.02, draw.between(0.014, 0.025))
    parts.append(soft_box(cover, (half, half, 0.025), (0, 0, height), 0.02))
    if draw.chance(0.15):
        return Model("stool", parts, top=(half, half, height + 0.025))
    back = draw.between(0.38, 0.55)
    if draw.chance(0.5):
        parts.append(soft_box(cover, (half, 0.018, back * 0.35), (0, half - 0.02, height + back * 0.65), 0.015))
        parts += [
            box(frame, (0.018, 0.015, back / 2), (x, half - 0.018, height + back / 2))
            for x in (-half + 0.03, half - 0.03)
        ]
    else:
        bars = draw.count(3, 5)
        places = [(-half + 0.02) + (2 * half - 0.04) * number / (bars - 1) for number in range(bars)]
        parts += [rod(frame, (x, half - 0.02, height), (x, half + 0.02, height + back), 0.014) for x in places]
        parts.append(soft_box(frame, (half, 0.015, 0.04), (0, half + 0.02, height + back), 0.012))
    return Model("chair", parts)


def table(draw: Draw) -> Model:
    """A table, square or round."""
    top, height = draw.looks.wood(0) if draw.chance(0.7) else draw.looks.any(0.6), draw.between(0.4, 0.78)
    half = (draw.between(0.4, 0.85), draw.between(0.35, 0.5))
    if draw.chance(0.3):
        radius = half[1] * 1.1
        parts = [
            tube(top, radius, radius, 0.03, (0, 0, height - 0.03)),
            tube(top, 0.05, 0.04, height - 0.03, (0, 0, 0)),
            tube(top, radius * 0.55, radius * 0.4, 0.03, (0, 0, 0)),
        ]
        return Model("table", parts, top=(radius * 0.65, radius * 0.65, height))
    legs = draw.looks.metal() if draw.chance(0.3) else top
    parts = _legs(draw, legs, half[0] - 0.06, half[1] - 0.06, height - 0.02, draw.between(0.02, 0.04))
    parts.append(box(top, (*half, 0.018), (0, 0, height - 0.018)))
    return Model("table", parts, top=(half[0] * 0.85, half[1] * 0.85, height))


def _legs(draw: Draw, look: Material, x: float, y: float, height: float, thick: float) -> list[Part]:
    places = [(side * x, end * y) for side in (-1, 1) for end in (-1, 1)]
    if draw.chance(0.5):
        return [box(look, (thick, thick, height / 2), (*place, height / 2)) for place in places]
    return [rod(look, (a * 1.06, b * 1.06, thick), (a, b, height), thick * 0.7, thick) for a, b in places]


def sofa(draw: Draw) -> Model:
    """A sofa or an armchair with cushions."""
    look = draw.looks.cloth(0.8)
    half, deep = draw.between(0.4, 1.05), draw.between(0.38, 0.46)
    arm, high = draw.between(0.07, 0.12), draw.between(0.72, 0.9)
    parts = [
        soft_box(look, (half, deep, 0.14), (0, 0, 0.2), 0.04),
        soft_box(look, (half, 0.11, high / 2 - 0.04), (0, deep - 0.08, high / 2 + 0.04), 0.07),
    ]
    parts += [soft_box(look, (arm, deep, 0.25), (side * half, 0, 0.3), 0.06) for side in (-1, 1)]
    seats = 1 if half < 0.6 else 2 if half < 0.85 else 3
    width = (half - arm) / seats
    for seat in range(seats):
        x = (seat - (seats - 1) / 2) * 2 * width
        parts.append(soft_box(look, (width * 0.97, deep * 0.82, 0.065), (x, -0.07, 0.39), 0.05))
    if draw.chance(0.6):
        cushion = draw.looks.cloth(0.3)
        parts.append(ball(cushion, (0.2, 0.09, 0.18), (draw.between(-half, half) * 0.6, deep - 0.28, 0.6)))
    return Model("sofa", parts, top=(half * 0.6, deep * 0.3, 0.455))


def bed(draw: Draw) -> Model:
    """A bed with pillows."""
    frame, cloth = draw.looks.wood(), draw.looks.cloth(1.0)
    white = Material(Plain(palette.linear(0.9, 0.89, 0.86)))
    half, long = draw.between(0.45, 0.85), 1.0
    parts = [
        box(frame, (half + 0.03, long + 0.03, 0.1), (0, 0, 0.18)),
        soft_box(white, (half, long, 0.1), (0, 0, 0.36), 0.05),
        soft_box(cloth, (half + 0.02, long * 0.68, 0.11), (0, -long * 0.33, 0.37), 0.06),
        box(frame, (half + 0.03, 0.03, draw.between(0.35, 0.55)), (0, long + 0.05, 0.45)),
    ]
    places = (0.0,) if half < 0.6 else (-half / 2, half / 2)
    parts += [ball(white, (min(half * 0.8, 0.33), 0.19, 0.09), (x, long * 0.72, 0.5)) for x in places]
    return Model("bed", parts, top=(half * 0.6, long * 0.4, 0.48))


def shelf(draw: Draw) -> Model:
    """An open shelf with books."""
    look, half = draw.looks.wood(0), draw.between(0.3, 0.55)
    deep, boards = draw.between(0.13, 0.2), draw.count(3, 5)
    step = draw.between(0.28, 0.4)
    height = step * (boards - 1) + 0.04
    parts = [box(look, (half, deep, 0.014), (0, 0, 0.03 + step * board)) for board in range(boards)]
    parts += [box(look, (0.015, deep, height / 2), (side * half, 0, height / 2)) for side in (-1, 1)]
    parts.append(box(look, (half, 0.008, height / 2), (0, deep - 0.008, height / 2)))
    for board in range(boards - 1):
        x = -half + draw.between(0.03, 0.1)
        while x < half - 0.12 and len(parts) < 30:
            wide, high = draw.between(0.02, 0.06), step * draw.between(0.28, 0.42)
            if draw.chance(0.75):
                spine = (wide, deep * 0.7, high)
                parts.append(box(draw.looks.paint(), spine, (x + wide, 0, 0.044 + step * board + high)))
            x += 2 * wide + draw.between(0.0, 0.05)
    return Model("shelf", parts)


def cabinet(draw: Draw) -> Model:
    """A chest of drawers or a cupboard."""
    look = draw.looks.wood(0) if draw.chance(0.6) else draw.looks.paint()
    front = look if draw.chance(0.5) else draw.looks.paint()
    half, deep, height = draw.between(0.25, 0.6), draw.between(0.2, 0.28), draw.between(0.5, 1.9)
    parts = [box(look, (half, deep, height / 2), (0, 0, height / 2))]
    knob = draw.looks.metal()
    rows, columns = (draw.count(2, 4), 1) if height < 1.2 else (1, 2)
    for row in range(rows):
        for column in range(columns):
            x = (column - (columns - 1) / 2) * 2 * half / columns
            z = height * (row + 0.5) / rows
            door = (half / columns - 0.02, 0.012, height / rows / 2 - 0.02)
            parts.append(box(front, door, (x, -deep - 0.008, z)))
            handle = x + (0.7 - 1.4 * column) * door[0] if columns > 1 else x
            parts.append(ball(knob, 0.018, (handle, -deep - 0.035, z)))
    return Model("cabinet", parts, top=(half * 0.8, deep * 0.7, height))


def floor_lamp(draw: Draw) -> Model:
    """A tall lamp."""
    pole, shade, height = draw.looks.metal(), draw.looks.cloth(0.3), draw.between(1.2, 1.6)
    glow = Material(shade.pattern, glow=draw.between(0.0, 1.5))
    wide = draw.between(0.16, 0.26)
    parts = [
        tube(pole, 0.15, 0.13, 0.03, (0, 0, 0)),
        tube(pole, 0.014, 0.014, height, (0, 0, 0)),
        tube(glow, wide, wide * draw.between(0.5, 0.9), draw.between(0.2, 0.32), (0, 0, height - 0.05)),
    ]
    return Model("lamp", parts)


def screen(draw: Draw) -> Model:
    """A television or a monitor on its foot."""
    frame = Material(Plain(palette.linear(0.08, 0.08, 0.09)), gloss=0.3)
    half, high = draw.between(0.25, 0.5), 0.0
    high = half * 0.58
    picture = draw.looks.picture(high * 2)
    lit = Material(picture.pattern, gloss=0.4, sharpness=80, glow=draw.between(0.2, 1.0))
    parts = [
        box(frame, (half, 0.02, high), (0, 0, high + 0.08)),
        box(lit, (half * 0.95, 0.003, high * 0.92), (0, -0.021, high + 0.08)),
        box(frame, (0.03, 0.015, 0.05), (0, 0.01, 0.05)),
        box(frame, (half * 0.4, 0.09, 0.008), (0, 0, 0.008)),
    ]
    return Model("screen", parts)


def plant(draw: Draw) -> Model:
    """A plant in a pot."""
    pot, leaf = draw.looks.any(0.3), draw.looks.leaves()
    radius, height = draw.between(0.1, 0.18), draw.between(0.18, 0.32)
    soil = Material(Plain(palette.linear(0.2, 0.14, 0.1)))
    parts = [
        tube(pot, radius * 0.75, radius, height, (0, 0, 0)),
        tube(soil, radius * 0.9, radius * 0.9, 0.004, (0, 0, height)),
    ]
    tall = draw.between(0.3, 0.9)
    if draw.chance(0.4):
        parts += [
            ball(leaf, (radius * 1.5, radius * 1.5, tall * 0.45), (0, 0, height + tall * 0.5)),
            ball(leaf, radius * 1.1, (radius * 0.8, radius * 0.3, height + tall * 0.35)),
        ]
        return Model("plant", parts)
    for _ in range(draw.count(6, 10)):
        angle, lean = draw.between(0, 6.3), draw.between(0.1, 0.45)
        x, y = float(draw.random.normal(0, 1)) * lean, float(draw.random.normal(0, 1)) * lean
        tip = (x * tall * 0.8, y * tall * 0.8, height + tall * draw.between(0.5, 1.0))
        parts.append(rod(leaf, (x * 0.1, y * 0.1, height), tip, 0.012, draw.between(0.02, 0.05)))
        del angle
    return Model("plant", parts)
