"""Scenes of known things at known places."""

from __future__ import annotations

import numpy as np
from lavin_scenes.camera import Camera, look_at
from lavin_scenes.compose.motions import rolling, sliding
from lavin_scenes.materials.material import Material
from lavin_scenes.materials.patterns import Mottled, Plain
from lavin_scenes.parts import Part
from lavin_scenes.scene import Light, Scene, Sky
from lavin_scenes.shapes import Shape
from lavin_scenes.things import Thing, still
from lavin_scenes.vectors import pose, turn, unit, vector

GRAY = Material(Plain(vector([0.5, 0.5, 0.5])))
RED = Material(Plain(vector([0.7, 0.1, 0.1])))
BALL_PLACE, BALL_RADIUS = (0.3, 4.0, 0.5), 0.5
BOX_PLACE = (-1.0, 5.0, 0.4)


def ball_and_box(camera: Camera | None = None) -> Scene:
    """A ball and a turned box on the ground, seen from 1.2 metres above the origin."""
    view = camera or look_at((0, 0, 1.2), (0, 4, 0.6), focal=1.0)
    things = [
        Thing("ground", [Part(Shape.PLANE, (), GRAY)], countable=False),
        Thing("ball", [Part(Shape.ELLIPSOID, (BALL_RADIUS,) * 3, RED)], still(pose(BALL_PLACE))),
        Thing("box", [Part(Shape.BOX, (0.4, 0.4, 0.4), RED)], still(pose(BOX_PLACE, turn(2, 0.5)))),
    ]
    sun = Light(unit(vector([-0.5, -0.5, 1.0])), vector([2, 2, 2]))
    sky = Sky(vector([0.3, 0.5, 0.8]), vector([0.7, 0.8, 0.9]), vector([0.2, 0.2, 0.2]))
    return Scene(things, lambda _time: view, [sun], sky)


def moving_scene() -> Scene:
    """A rolling ball and a sliding box with patterns, a moving camera, and even light from everywhere alone."""
    even = vector([0.8, 0.8, 0.8])
    cloudy = Material(Mottled(vector([0.1, 0.2, 0.1]), vector([0.9, 0.8, 0.7]), 0.6))
    checked = Material(Mottled(vector([0.8, 0.1, 0.1]), vector([0.9, 0.9, 0.2]), 0.3, contrast=0.8))
    ball = Part(Shape.ELLIPSOID, (0.5, 0.5, 0.5), checked, pose((0, 0, 0.5)))
    box = Part(Shape.BOX, (0.4, 0.4, 0.4), checked, pose((0, 0, 0.4)))
    things = [
        Thing("ground", [Part(Shape.PLANE, (), cloudy)], countable=False),
        Thing("ball", [ball], rolling(pose((0.6, 4, 0)), 0.4, 1.0, 0.5)),
        Thing("box", [box], sliding(pose((-0.9, 3.5, 0)), -1.0, 1.2, turning=1.5)),
    ]
    sky = Sky(even, even, even)
    return Scene(things, lambda time: look_at((0.3 * time, 0, 1.3), (0, 4 + time, 0.3), focal=1.0), [], sky)


def sphere_depth(x: float, y: float, size: int) -> float:
    """Depth along y of the ball at a place in the picture of a level camera at the origin's height 0.6, focal 1."""
    direction = np.array([(x - size / 2) / size, 1.0, (size / 2 - y) / size])
    offset = np.array(BALL_PLACE) - [0, 0, 0.6]
    square, linear = direction @ direction, direction @ offset
    return float((linear - np.sqrt(linear**2 - square * (offset @ offset - BALL_RADIUS**2))) / square)
