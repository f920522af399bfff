"""Simple solids and people on a floor."""

from __future__ import annotations

import numpy as np

from lavin_scenes.camera import look_at
from lavin_scenes.compose.draw import between, color, material
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Mottled
from lavin_scenes.parts import Part
from lavin_scenes.people.draw import draw_proportions, make_person
from lavin_scenes.people.figure import holding
from lavin_scenes.people.postures import POSTURES, draw_posture
from lavin_scenes.scene import Light, Scene, Sky
from lavin_scenes.shapes import Shape
from lavin_scenes.things import Thing, still
from lavin_scenes.vectors import pose, turn, unit, vector


def simple_scene(random: np.random.Generator, *, people: bool) -> Scene:
    """A few solids."""
    things: list[Thing] = []
    look = Material(Mottled(color(random), color(random), 0.5))
    things.append(Thing("ground", [Part(Shape.PLANE, (), look)], countable=False))
    count = int(random.integers(1, 5))
    for number in range(count if people else 0):
        body = draw_proportions(random)
        name = list(POSTURES)[int(random.integers(len(POSTURES)))]
        posture = draw_posture(random, name)
        far = between(random, 3, 6)
        place = pose(((number - (count - 1) / 2) * far * 0.3, far, 0), turn(2, between(random, -1.5, 1.5)))
        things.append(make_person(random, body, holding(posture), still(place), skirts=name in ("stand", "walk")))
    for _ in range(0 if people else int(random.integers(3, 8))):
        size = between(random, 0.2, 0.6)
        shape = Shape(int(random.integers(1, 5)))
        look = material(random, size)
        if shape == Shape.BOX:
            sizes = (size, size * between(random, 0.5, 1), size * between(random, 0.5, 1.2))
            height = sizes[2]
        elif shape == Shape.ELLIPSOID:
            sizes = (size, size, size * between(random, 0.5, 1.2))
            height = sizes[2]
        elif shape == Shape.FRUSTUM:
            sizes = (size, size * between(random, 0.5, 1), size * between(random, 0.0, 1))
            height = sizes[0]
        else:
            sizes = (size, size / 2, size / 3)
            height = size / 2
        place = pose((between(random, -2, 2), between(random, 3, 7), height), turn(2, between(random, 0, 6)))
        things.append(Thing(shape.name.lower(), [Part(shape, sizes, look)], still(place)))
    view = look_at((0, 0, between(random, 1, 2)), (0, 5, 0.6), focal=between(random, 0.8, 1.4))
    sun = Light(unit(vector([between(random, -1, 1), between(random, -1, 0.3), 1.2])), vector([2.2, 2.1, 1.9]))
    sky = Sky(vector([0.35, 0.5, 0.8]), vector([0.75, 0.8, 0.85]), vector([0.25, 0.22, 0.2]))
    return Scene(things, lambda _time: view, [sun], sky)
