"""People put on a stage."""

from __future__ import annotations

from typing import Final

import numpy as np

from lavin_scenes.compose.motions import on_ground, sliding, turned_to
from lavin_scenes.compose.stage import Stage
from lavin_scenes.models.furniture import seat
from lavin_scenes.people.draw import draw_proportions, make_person
from lavin_scenes.people.figure import Person
from lavin_scenes.people.movements import gesturing, step_speed, walking
from lavin_scenes.people.postures import draw_posture
from lavin_scenes.people.skeleton import Bone, bones
from lavin_scenes.things import Motion, still

_KINDS: Final = {
    "stand": 0.3,
    "walk": 0.2,
    "both_arms": 0.12,
    "sit": 0.1,
    "dance": 0.07,
    "run": 0.06,
    "bend": 0.04,
    "crouch": 0.04,
    "kneel": 0.03,
    "sit_on_ground": 0.02,
    "lie": 0.02,
}
"""Postures and how often they are taken."""
_RADII: Final = {"lie": 1.0, "sit": 0.5, "walk": 0.45, "run": 0.6, "sit_on_ground": 0.6}
"""Metres around a person that are kept free."""


def add_people(stage: Stage, count: int, near: float, far: float) -> int:
    """Put people in view between two distances; returns how many found room."""
    return sum(_add_person(stage, near, far) for _ in range(count))


def _add_person(stage: Stage, near: float, far: float) -> bool:
    draw = stage.draw
    kind = str(draw.random.choice(list(_KINDS), p=list(_KINDS.values())))
    radius = _RADII.get(kind, 0.35)
    place = stage.spot(radius, near, far, spread=0.75)
    if place is None:
        return False
    # Mostly they show their face or a side.
    yaw = turned_to(place, (0, 0)) + float(draw.random.normal(0, 1.0))
    if draw.chance(0.12):
        yaw += np.pi
    if kind in ("walk", "run"):
        stage.add(_walker(stage, place, yaw, kind), radius)
        return True
    body, posture = draw_proportions(draw.random), draw_posture(draw.random, kind)
    start = on_ground(place, yaw)
    upright = kind in ("stand", "both_arms", "dance")
    person = make_person(draw.random, body, gesturing(posture, draw.random), still(start), skirts=upright)
    stage.add(person, radius)
    if kind == "sit":
        hips = bones(body, posture)[1][Bone.PELVIS, 2] - 0.07 * body.height
        stage.add(seat(draw, float(hips)).placed(still(start)))
    return True


def _walker(stage: Stage, place: tuple[float, float], yaw: float, kind: str) -> Person:
    draw = stage.draw
    body = draw_proportions(draw.random)
    reach = draw.between(0.3, 0.5) if kind == "walk" else draw.between(0.6, 0.85)
    speed, phase = step_speed(body, reach), draw.between(0, 2 * np.pi)
    start = on_ground(place, yaw)
    motion: Motion = sliding(start, yaw - np.pi / 2, speed)
    if not stage.is_free(motion, 0.3):
        motion = still(start)
    return make_person(draw.random, body, walking(body, phase, reach, speed), motion)
