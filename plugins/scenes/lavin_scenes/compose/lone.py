"""Scenes with a single object; whatever else is there belongs to the background."""

from __future__ import annotations

import dataclasses
from typing import Final

from lavin_scenes.compose.places import living_room, outdoors, studio, tabletop
from lavin_scenes.models.model import Draw
from lavin_scenes.scene import Scene
from lavin_scenes.things import Thing

_SCENERY: Final = {"tree", "conifer", "house", "picture", "window", "lamp", "lamp post", "fence", "bush", "rock"}
"""Categories that never are the object."""
_FURNITURE: Final = {"table", "cabinet", "shelf", "bed", "sofa", "chair", "stool", "plant"}
"""Categories that are the object only where there is no other; on them other things may stand."""


def lone(draw: Draw) -> Scene:
    """A scene of any kind in which all but one object are taken away or belong to the background."""
    place = draw.random.random()
    if place < 0.2:
        scene = studio(draw)
    elif place < 0.4:
        scene = tabletop(draw)
    else:
        scene = (living_room if place < 0.6 else outdoors)(draw, int(draw.chance(0.3)))
    things = [thing for thing in scene.things if thing.countable and thing.category not in _SCENERY]
    objects = [thing for thing in things if thing.category not in _FURNITURE] or things
    if not objects:
        return scene
    chosen = objects[draw.count(0, len(objects) - 1)]
    return dataclasses.replace(scene, things=[left for thing in scene.things for left in _without(thing, chosen)])


def _without(thing: Thing, chosen: Thing) -> list[Thing]:
    if thing is chosen or not thing.countable:
        return [thing]
    if thing.category not in _SCENERY | _FURNITURE or chosen.category in _FURNITURE:
        return []
    return [dataclasses.replace(thing, countable=False)]
