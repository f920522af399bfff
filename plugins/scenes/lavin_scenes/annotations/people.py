"""People as COCO's 17 joints."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.annotations.regions import boxes_of, instances, thing_of
from lavin_scenes.people.figure import Person
from lavin_scenes.render import Shot
from lavin_scenes.vectors import Floats, vector
from lavincli.natives import People

_DEPTHS: Final = vector(
    [0.02, 0.025, 0.025, 0.03, 0.03, *[0.06] * 2, *[0.05] * 2, *[0.04] * 2, *[0.11] * 2, *[0.07] * 4]
)
"""How deep each joint may lie under the clothes, / height of the person: a little more than the limb's radius."""
_UNKNOWN, _HIDDEN, _VISIBLE = 0, 1, 2


def people(shot: Shot, min_pixels: float) -> People:
    """Everybody of whom at least ``min_pixels`` pixels are seen.

    A joint inside the picture is visible (2) unless something else stands before it, or a part of the person that is
    not the limb around the joint; then it is hidden (1). Joints outside the picture are not given (0).
    """
    boxes, seen = boxes_of(np.where(_shows_person(shot), instances(shot), 0), min_pixels)
    joints = [_joints(shot, thing_of(shot, instance)) for instance in seen]
    return People(np.stack(joints) if joints else np.empty((0, 17, 3), np.float32), boxes)


def _shows_person(shot: Shot) -> NDArray[np.bool_]:
    person = np.array([isinstance(thing, Person) for thing in shot.scene.things])
    size = shot.view.size
    shows: NDArray[np.bool_] = person[shot.parts.thing[shot.hits.part]] & (shot.hits.part >= 0)
    return shows.reshape(size, size)


def _joints(shot: Shot, index: int) -> Floats:
    person = shot.scene.things[index]
    assert isinstance(person, Person)
    size = shot.view.size
    x, y, depth = shot.camera.project(person.joints(shot.time).T, size)
    inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
    pixel = np.where(inside, np.nan_to_num(y), 0).astype(int) * size + np.where(inside, np.nan_to_num(x), 0).astype(int)
    along = shot.camera.rotation[2] @ shot.view.directions[:, pixel]
    surface = shot.hits.distance[pixel] * along
    own = (shot.hits.part[pixel] >= 0) & (shot.parts.thing[shot.hits.part[pixel]] == index)
    covered = depth - surface > np.where(own, _DEPTHS * person.body.height, 0)
    visibility = np.where(inside, np.where(covered, _HIDDEN, _VISIBLE), _UNKNOWN)
    known = visibility > 0
    return vector(np.stack([np.where(known, x, 0), np.where(known, y, 0), visibility], axis=1))
