"""Simple solids on a floor."""

from __future__ import annotations

import numpy as np

from lavin_scenes.camera import look_at
from lavin_scenes.compose.draw import between, color, material
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Mottled
from lavin_scenes.parts import Part
from lavin_scenes.scene import Light, Scene, Sky
from lavin_scenes.shapes import Shape
from lavin_scenes.things import Thing, still
from lavin_scenes.vectors import pose, turn, unit, vector


def simple_scene(random: np.random.Generator) -> Scene:
    """A few solids."""
    things = [
        Thing("ground", [Part(Shape.PLANE, (), Material(Mottled(color(random), color(random), 0.5)))], countable=False)
    ]
    for _ in range(int(random.integers(3, 8))):
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
    view = look_at((0, 0, between(random, 1, 2)), (0, 5, 0.4), focal=between(random, 0.8, 1.4))
    sun = Light(unit(vector([between(random, -1, 1), between(random, -1, 0.3), 1.2])), vector([2.2, 2.1, 1.9]))
    sky = Sky(vector([0.35, 0.5, 0.8]), vector([0.75, 0.8, 0.85]), vector([0.25, 0.22, 0.2]))
    return Scene(things, lambda _time: view, [sun], sky)
