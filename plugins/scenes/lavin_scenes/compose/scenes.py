"""The scene of an index."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import numpy as np

from lavin_scenes.camera import Camera
from lavin_scenes.cast import first_hits
from lavin_scenes.compose.lone import lone
from lavin_scenes.compose.places import living_room, outdoors, portrait, studio, tabletop
from lavin_scenes.materials.looks import Looks
from lavin_scenes.models.model import Draw
from lavin_scenes.parts import Parts
from lavin_scenes.people.figure import Person
from lavin_scenes.scene import Scene
from lavin_scenes.view import whole_view
from lavincli.cards.framing import generator

Kind = Literal["any", "people", "single_box"]
"""What a scene must show: something; 1 to 4 people; just one object, not too large."""

_LARGEST = 0.19
"""Share of the picture that the box of a single object may take: with a pixel all around it stays below 20 %."""
_PREVIEW = 40
"""Side in pixels of the picture on which a scene is judged."""


def scene_of(seed: int, split: str, index: int, *, kind: Kind, textures: tuple[Path, ...]) -> Scene:
    """The scene, which depends on the arguments alone.

    Compositions in which nothing is to be seen (a wall is in the way, nothing found room, ...) are drawn anew.
    """
    for attempt in itertools.count():
        random = generator("scenes", seed, split, index, kind, attempt)
        scene = _COMPOSE[kind](Draw(random, Looks(random, textures)))
        if _is_good(scene, kind):
            return scene
    raise AssertionError


def _any(draw: Draw) -> Scene:
    place = draw.random.random()
    people = int(draw.random.choice([0, 1, 2], p=[0.62, 0.24, 0.14]))
    if place < 0.25:
        return studio(draw)
    if place < 0.4:
        return tabletop(draw)
    return (living_room if place < 0.7 else outdoors)(draw, people)


def _people(draw: Draw) -> Scene:
    count = int(draw.random.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.2, 0.15]))
    place = draw.random.random()
    return (outdoors if place < 0.45 else living_room if place < 0.75 else portrait)(draw, count)


_COMPOSE: Final[dict[Kind, Callable[[Draw], Scene]]] = {"any": _any, "people": _people, "single_box": lone}


def _is_good(scene: Scene, kind: Kind) -> bool:
    """Whether a small picture of the scene shows what it must."""
    camera, parts = scene.camera(0), scene.parts_at(0)
    view = whole_view(camera, _PREVIEW)
    hits = first_hits(parts, view.candidates(parts), camera.place, view.directions)
    owner = np.where(hits.part >= 0, parts.thing[hits.part], len(scene.things))
    shares = np.bincount(owner, minlength=len(scene.things) + 1)[:-1] / len(owner)
    countable = np.array([thing.countable for thing in scene.things])
    seen = countable & (shares > 0.012)
    if not seen.any() or shares[countable].max() > 0.7 or hits.distance.min() < 0.2:
        return False
    if kind == "people":
        return any(isinstance(thing, Person) and chosen for thing, chosen in zip(scene.things, seen, strict=True))
    if kind == "single_box":
        return bool(countable.sum() == 1 and _box_share(parts, camera, int(np.argmax(countable))) < _LARGEST)
    return True


def _box_share(parts: Parts, camera: Camera, thing: int) -> float:
    """The share of the picture, at most, that the box around a thing takes; 1 if it reaches behind the camera."""
    x, y, _ = camera.project(parts.bounds[parts.thing == thing].transpose(1, 0, 2), 1)
    if np.isnan(x).any():
        return 1.0
    width, height = (np.ptp(np.clip([places.min(), places.max()], 0, 1)) for places in (x, y))
    return float(width * height)
